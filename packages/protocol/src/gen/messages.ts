// Generated from proto/ by scripts/generate-protocol.ts. Do not edit.

import { type MessageType, messageType } from '../codec/schema.ts';
import type { WireId } from '../ids.ts';

export interface AppcImageManifest {
  acKind: string;
  acVersion: string;
  name: string;
  labels?: AppcImageManifestLabel[];
  annotations?: AppcImageManifestAnnotation[];
  dependencies?: AppcImageManifestDependency[];
  app?: AppcImageManifestApp;
}
export const AppcImageManifest: MessageType<AppcImageManifest> = messageType('appc.spec.ImageManifest');

export interface AppcImageManifestLabel {
  name: string;
  value: string;
}
export const AppcImageManifestLabel: MessageType<AppcImageManifestLabel> = messageType('appc.spec.ImageManifest.Label');

export interface AppcImageManifestEnvironment {
  name: string;
  value: string;
}
export const AppcImageManifestEnvironment: MessageType<AppcImageManifestEnvironment> = messageType('appc.spec.ImageManifest.Environment');

export interface AppcImageManifestApp {
  exec?: string[];
  workingDirectory?: string;
  environment?: AppcImageManifestEnvironment[];
}
export const AppcImageManifestApp: MessageType<AppcImageManifestApp> = messageType('appc.spec.ImageManifest.App');

export interface AppcImageManifestAnnotation {
  name: string;
  value: string;
}
export const AppcImageManifestAnnotation: MessageType<AppcImageManifestAnnotation> = messageType('appc.spec.ImageManifest.Annotation');

export interface AppcImageManifestDependency {
  imageName: string;
  imageID?: string;
  labels?: AppcImageManifestLabel[];
  size?: number;
}
export const AppcImageManifestDependency: MessageType<AppcImageManifestDependency> = messageType('appc.spec.ImageManifest.Dependency');

export interface DockerImageReference {
  registry?: string;
  repository: string;
  tag?: string;
  digest?: string;
}
export const DockerImageReference: MessageType<DockerImageReference> = messageType('docker.spec.ImageReference');

export interface DockerConfig {}
export const DockerConfig: MessageType<DockerConfig> = messageType('docker.spec.Config');

export interface DockerConfigAuth {
  auth?: string;
  email?: string;
}
export const DockerConfigAuth: MessageType<DockerConfigAuth> = messageType('docker.spec.Config.Auth');

export interface DockerV1ImageManifest {
  id?: string;
  parent?: string;
  comment?: string;
  created?: string;
  container?: string;
  container_config?: DockerV1ImageManifestConfig;
  docker_version?: string;
  author?: string;
  config?: DockerV1ImageManifestConfig;
  architecture?: string;
  os?: string;
  Size?: number;
}
export const DockerV1ImageManifest: MessageType<DockerV1ImageManifest> = messageType('docker.spec.v1.ImageManifest');

export interface DockerV1ImageManifestConfig {
  Hostname?: string;
  Entrypoint?: string[];
  Env?: string[];
  User?: string;
  Cmd?: string[];
  WorkingDir?: string;
  Image?: string;
  Labels?: Record<string, string>;
}
export const DockerV1ImageManifestConfig: MessageType<DockerV1ImageManifestConfig> = messageType('docker.spec.v1.ImageManifest.Config');

export interface DockerV2ImageManifest {
  name: string;
  tag: string;
  architecture: string;
  fsLayers?: DockerV2ImageManifestFsLayer[];
  history?: DockerV2ImageManifestHistory[];
  schemaVersion: number;
  signatures?: DockerV2ImageManifestSignature[];
}
export const DockerV2ImageManifest: MessageType<DockerV2ImageManifest> = messageType('docker.spec.v2.ImageManifest');

export interface DockerV2ImageManifestFsLayer {
  blobSum: string;
}
export const DockerV2ImageManifestFsLayer: MessageType<DockerV2ImageManifestFsLayer> = messageType('docker.spec.v2.ImageManifest.FsLayer');

export interface DockerV2ImageManifestHistory {
  v1Compatibility: string;
  v1?: DockerV1ImageManifest;
}
export const DockerV2ImageManifestHistory: MessageType<DockerV2ImageManifestHistory> = messageType('docker.spec.v2.ImageManifest.History');

export interface DockerV2ImageManifestSignature {
  header: DockerV2ImageManifestSignatureHeader;
  signature: string;
  protected: string;
}
export const DockerV2ImageManifestSignature: MessageType<DockerV2ImageManifestSignature> = messageType('docker.spec.v2.ImageManifest.Signature');

export interface DockerV2ImageManifestSignatureHeader {
  jwk?: DockerV2ImageManifestSignatureHeaderJwk;
  alg: string;
}
export const DockerV2ImageManifestSignatureHeader: MessageType<DockerV2ImageManifestSignatureHeader> = messageType('docker.spec.v2.ImageManifest.Signature.Header');

export interface DockerV2ImageManifestSignatureHeaderJwk {
  crv?: string;
  kid?: string;
  kty: string;
  x?: string;
  y?: string;
}
export const DockerV2ImageManifestSignatureHeaderJwk: MessageType<DockerV2ImageManifestSignatureHeaderJwk> = messageType('docker.spec.v2.ImageManifest.Signature.Header.Jwk');

export interface DockerV22ImageManifest {
  schemaVersion: number;
  mediaType: string;
  config: DockerV22ImageManifestConfig;
  layers?: DockerV22ImageManifestLayer[];
}
export const DockerV22ImageManifest: MessageType<DockerV22ImageManifest> = messageType('docker.spec.v2_2.ImageManifest');

export interface DockerV22ImageManifestConfig {
  mediaType: string;
  size: number;
  digest: string;
}
export const DockerV22ImageManifestConfig: MessageType<DockerV22ImageManifestConfig> = messageType('docker.spec.v2_2.ImageManifest.Config');

export interface DockerV22ImageManifestLayer {
  mediaType: string;
  size: number;
  digest: string;
  urls?: string[];
}
export const DockerV22ImageManifestLayer: MessageType<DockerV22ImageManifestLayer> = messageType('docker.spec.v2_2.ImageManifest.Layer');

export interface ACL {}
export const ACL: MessageType<ACL> = messageType('mesos.ACL');

export interface ACLEntity {
  /** Default: SOME. */
  type?: ACLEntityType;
  values?: string[];
}
export const ACLEntity: MessageType<ACLEntity> = messageType('mesos.ACL.Entity');

export type ACLEntityType =
  | 'SOME'
  | 'ANY'
  | 'NONE';

export interface ACLRegisterFramework {
  principals: ACLEntity;
  roles: ACLEntity;
}
export const ACLRegisterFramework: MessageType<ACLRegisterFramework> = messageType('mesos.ACL.RegisterFramework');

export interface ACLRunTask {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLRunTask: MessageType<ACLRunTask> = messageType('mesos.ACL.RunTask');

export interface ACLTeardownFramework {
  principals: ACLEntity;
  framework_principals: ACLEntity;
}
export const ACLTeardownFramework: MessageType<ACLTeardownFramework> = messageType('mesos.ACL.TeardownFramework');

export interface ACLReserveResources {
  principals: ACLEntity;
  roles: ACLEntity;
}
export const ACLReserveResources: MessageType<ACLReserveResources> = messageType('mesos.ACL.ReserveResources');

export interface ACLUnreserveResources {
  principals: ACLEntity;
  reserver_principals: ACLEntity;
}
export const ACLUnreserveResources: MessageType<ACLUnreserveResources> = messageType('mesos.ACL.UnreserveResources');

export interface ACLCreateVolume {
  principals: ACLEntity;
  roles: ACLEntity;
}
export const ACLCreateVolume: MessageType<ACLCreateVolume> = messageType('mesos.ACL.CreateVolume');

export interface ACLDestroyVolume {
  principals: ACLEntity;
  creator_principals: ACLEntity;
}
export const ACLDestroyVolume: MessageType<ACLDestroyVolume> = messageType('mesos.ACL.DestroyVolume');

export interface ACLResizeVolume {
  principals: ACLEntity;
  roles: ACLEntity;
}
export const ACLResizeVolume: MessageType<ACLResizeVolume> = messageType('mesos.ACL.ResizeVolume');

export interface ACLGetQuota {
  principals: ACLEntity;
  roles: ACLEntity;
}
export const ACLGetQuota: MessageType<ACLGetQuota> = messageType('mesos.ACL.GetQuota');

export interface ACLUpdateQuota {
  principals: ACLEntity;
  roles: ACLEntity;
}
export const ACLUpdateQuota: MessageType<ACLUpdateQuota> = messageType('mesos.ACL.UpdateQuota');

export interface ACLViewRole {
  principals: ACLEntity;
  roles: ACLEntity;
}
export const ACLViewRole: MessageType<ACLViewRole> = messageType('mesos.ACL.ViewRole');

export interface ACLUpdateWeight {
  principals: ACLEntity;
  roles: ACLEntity;
}
export const ACLUpdateWeight: MessageType<ACLUpdateWeight> = messageType('mesos.ACL.UpdateWeight');

export interface ACLGetEndpoint {
  principals: ACLEntity;
  paths: ACLEntity;
}
export const ACLGetEndpoint: MessageType<ACLGetEndpoint> = messageType('mesos.ACL.GetEndpoint');

export interface ACLViewFramework {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLViewFramework: MessageType<ACLViewFramework> = messageType('mesos.ACL.ViewFramework');

export interface ACLViewTask {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLViewTask: MessageType<ACLViewTask> = messageType('mesos.ACL.ViewTask');

export interface ACLViewExecutor {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLViewExecutor: MessageType<ACLViewExecutor> = messageType('mesos.ACL.ViewExecutor');

export interface ACLAccessSandbox {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLAccessSandbox: MessageType<ACLAccessSandbox> = messageType('mesos.ACL.AccessSandbox');

export interface ACLAccessMesosLog {
  principals: ACLEntity;
  logs: ACLEntity;
}
export const ACLAccessMesosLog: MessageType<ACLAccessMesosLog> = messageType('mesos.ACL.AccessMesosLog');

export interface ACLViewFlags {
  principals: ACLEntity;
  flags: ACLEntity;
}
export const ACLViewFlags: MessageType<ACLViewFlags> = messageType('mesos.ACL.ViewFlags');

export interface ACLLaunchNestedContainerAsUser {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLLaunchNestedContainerAsUser: MessageType<ACLLaunchNestedContainerAsUser> = messageType('mesos.ACL.LaunchNestedContainerAsUser');

export interface ACLLaunchNestedContainerUnderParentWithUser {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLLaunchNestedContainerUnderParentWithUser: MessageType<ACLLaunchNestedContainerUnderParentWithUser> = messageType('mesos.ACL.LaunchNestedContainerUnderParentWithUser');

export interface ACLLaunchNestedContainerSessionAsUser {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLLaunchNestedContainerSessionAsUser: MessageType<ACLLaunchNestedContainerSessionAsUser> = messageType('mesos.ACL.LaunchNestedContainerSessionAsUser');

export interface ACLLaunchNestedContainerSessionUnderParentWithUser {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLLaunchNestedContainerSessionUnderParentWithUser: MessageType<ACLLaunchNestedContainerSessionUnderParentWithUser> = messageType('mesos.ACL.LaunchNestedContainerSessionUnderParentWithUser');

export interface ACLAttachContainerInput {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLAttachContainerInput: MessageType<ACLAttachContainerInput> = messageType('mesos.ACL.AttachContainerInput');

export interface ACLAttachContainerOutput {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLAttachContainerOutput: MessageType<ACLAttachContainerOutput> = messageType('mesos.ACL.AttachContainerOutput');

export interface ACLKillNestedContainer {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLKillNestedContainer: MessageType<ACLKillNestedContainer> = messageType('mesos.ACL.KillNestedContainer');

export interface ACLWaitNestedContainer {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLWaitNestedContainer: MessageType<ACLWaitNestedContainer> = messageType('mesos.ACL.WaitNestedContainer');

export interface ACLViewContainer {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLViewContainer: MessageType<ACLViewContainer> = messageType('mesos.ACL.ViewContainer');

export interface ACLRemoveNestedContainer {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLRemoveNestedContainer: MessageType<ACLRemoveNestedContainer> = messageType('mesos.ACL.RemoveNestedContainer');

export interface ACLSetLogLevel {
  principals: ACLEntity;
  level: ACLEntity;
}
export const ACLSetLogLevel: MessageType<ACLSetLogLevel> = messageType('mesos.ACL.SetLogLevel');

export interface ACLRegisterAgent {
  principals: ACLEntity;
  agents: ACLEntity;
}
export const ACLRegisterAgent: MessageType<ACLRegisterAgent> = messageType('mesos.ACL.RegisterAgent');

export interface ACLUpdateMaintenanceSchedule {
  principals: ACLEntity;
  machines: ACLEntity;
}
export const ACLUpdateMaintenanceSchedule: MessageType<ACLUpdateMaintenanceSchedule> = messageType('mesos.ACL.UpdateMaintenanceSchedule');

export interface ACLGetMaintenanceSchedule {
  principals: ACLEntity;
  machines: ACLEntity;
}
export const ACLGetMaintenanceSchedule: MessageType<ACLGetMaintenanceSchedule> = messageType('mesos.ACL.GetMaintenanceSchedule');

export interface ACLStartMaintenance {
  principals: ACLEntity;
  machines: ACLEntity;
}
export const ACLStartMaintenance: MessageType<ACLStartMaintenance> = messageType('mesos.ACL.StartMaintenance');

export interface ACLStopMaintenance {
  principals: ACLEntity;
  machines: ACLEntity;
}
export const ACLStopMaintenance: MessageType<ACLStopMaintenance> = messageType('mesos.ACL.StopMaintenance');

export interface ACLGetMaintenanceStatus {
  principals: ACLEntity;
  machines: ACLEntity;
}
export const ACLGetMaintenanceStatus: MessageType<ACLGetMaintenanceStatus> = messageType('mesos.ACL.GetMaintenanceStatus');

export interface ACLDrainAgent {
  principals: ACLEntity;
  agents: ACLEntity;
}
export const ACLDrainAgent: MessageType<ACLDrainAgent> = messageType('mesos.ACL.DrainAgent');

export interface ACLDeactivateAgent {
  principals: ACLEntity;
  agents: ACLEntity;
}
export const ACLDeactivateAgent: MessageType<ACLDeactivateAgent> = messageType('mesos.ACL.DeactivateAgent');

export interface ACLReactivateAgent {
  principals: ACLEntity;
  agents: ACLEntity;
}
export const ACLReactivateAgent: MessageType<ACLReactivateAgent> = messageType('mesos.ACL.ReactivateAgent');

export interface ACLMarkAgentGone {
  principals: ACLEntity;
  agents: ACLEntity;
}
export const ACLMarkAgentGone: MessageType<ACLMarkAgentGone> = messageType('mesos.ACL.MarkAgentGone');

export interface ACLLaunchStandaloneContainer {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLLaunchStandaloneContainer: MessageType<ACLLaunchStandaloneContainer> = messageType('mesos.ACL.LaunchStandaloneContainer');

export interface ACLKillStandaloneContainer {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLKillStandaloneContainer: MessageType<ACLKillStandaloneContainer> = messageType('mesos.ACL.KillStandaloneContainer');

export interface ACLWaitStandaloneContainer {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLWaitStandaloneContainer: MessageType<ACLWaitStandaloneContainer> = messageType('mesos.ACL.WaitStandaloneContainer');

export interface ACLRemoveStandaloneContainer {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLRemoveStandaloneContainer: MessageType<ACLRemoveStandaloneContainer> = messageType('mesos.ACL.RemoveStandaloneContainer');

export interface ACLViewStandaloneContainer {
  principals: ACLEntity;
  users: ACLEntity;
}
export const ACLViewStandaloneContainer: MessageType<ACLViewStandaloneContainer> = messageType('mesos.ACL.ViewStandaloneContainer');

export interface ACLMarkResourceProvidersGone {
  principals: ACLEntity;
  resource_providers: ACLEntity;
}
export const ACLMarkResourceProvidersGone: MessageType<ACLMarkResourceProvidersGone> = messageType('mesos.ACL.MarkResourceProvidersGone');

export interface ACLModifyResourceProviderConfig {
  principals: ACLEntity;
  resource_providers: ACLEntity;
}
export const ACLModifyResourceProviderConfig: MessageType<ACLModifyResourceProviderConfig> = messageType('mesos.ACL.ModifyResourceProviderConfig');

export interface ACLPruneImages {
  principals: ACLEntity;
  images: ACLEntity;
}
export const ACLPruneImages: MessageType<ACLPruneImages> = messageType('mesos.ACL.PruneImages');

export interface ACLCreateBlockDisk {
  principals: ACLEntity;
  roles: ACLEntity;
}
export const ACLCreateBlockDisk: MessageType<ACLCreateBlockDisk> = messageType('mesos.ACL.CreateBlockDisk');

export interface ACLDestroyBlockDisk {
  principals: ACLEntity;
  roles: ACLEntity;
}
export const ACLDestroyBlockDisk: MessageType<ACLDestroyBlockDisk> = messageType('mesos.ACL.DestroyBlockDisk');

export interface ACLCreateMountDisk {
  principals: ACLEntity;
  roles: ACLEntity;
}
export const ACLCreateMountDisk: MessageType<ACLCreateMountDisk> = messageType('mesos.ACL.CreateMountDisk');

export interface ACLDestroyMountDisk {
  principals: ACLEntity;
  roles: ACLEntity;
}
export const ACLDestroyMountDisk: MessageType<ACLDestroyMountDisk> = messageType('mesos.ACL.DestroyMountDisk');

export interface ACLDestroyRawDisk {
  principals: ACLEntity;
  roles: ACLEntity;
}
export const ACLDestroyRawDisk: MessageType<ACLDestroyRawDisk> = messageType('mesos.ACL.DestroyRawDisk');

export interface ACLViewResourceProvider {
  principals: ACLEntity;
  resource_providers: ACLEntity;
}
export const ACLViewResourceProvider: MessageType<ACLViewResourceProvider> = messageType('mesos.ACL.ViewResourceProvider');

/** Who may do what. */
export interface ACLs {
  /** Default: true. */
  permissive?: boolean;
  register_frameworks?: ACLRegisterFramework[];
  run_tasks?: ACLRunTask[];
  reserve_resources?: ACLReserveResources[];
  unreserve_resources?: ACLUnreserveResources[];
  create_volumes?: ACLCreateVolume[];
  destroy_volumes?: ACLDestroyVolume[];
  teardown_frameworks?: ACLTeardownFramework[];
  update_weights?: ACLUpdateWeight[];
  get_endpoints?: ACLGetEndpoint[];
  get_quotas?: ACLGetQuota[];
  update_quotas?: ACLUpdateQuota[];
  view_frameworks?: ACLViewFramework[];
  view_tasks?: ACLViewTask[];
  view_executors?: ACLViewExecutor[];
  access_sandboxes?: ACLAccessSandbox[];
  access_mesos_logs?: ACLAccessMesosLog[];
  view_roles?: ACLViewRole[];
  view_flags?: ACLViewFlags[];
  launch_nested_containers_as_user?: ACLLaunchNestedContainerAsUser[];
  launch_nested_containers_under_parent_with_user?: ACLLaunchNestedContainerUnderParentWithUser[];
  kill_nested_containers?: ACLKillNestedContainer[];
  wait_nested_containers?: ACLWaitNestedContainer[];
  launch_nested_container_sessions_as_user?: ACLLaunchNestedContainerSessionAsUser[];
  launch_nested_container_sessions_under_parent_with_user?: ACLLaunchNestedContainerSessionUnderParentWithUser[];
  attach_containers_input?: ACLAttachContainerInput[];
  attach_containers_output?: ACLAttachContainerOutput[];
  view_containers?: ACLViewContainer[];
  set_log_level?: ACLSetLogLevel[];
  remove_nested_containers?: ACLRemoveNestedContainer[];
  register_agents?: ACLRegisterAgent[];
  update_maintenance_schedules?: ACLUpdateMaintenanceSchedule[];
  get_maintenance_schedules?: ACLGetMaintenanceSchedule[];
  start_maintenances?: ACLStartMaintenance[];
  stop_maintenances?: ACLStopMaintenance[];
  get_maintenance_statuses?: ACLGetMaintenanceStatus[];
  mark_agents_gone?: ACLMarkAgentGone[];
  launch_standalone_containers?: ACLLaunchStandaloneContainer[];
  kill_standalone_containers?: ACLKillStandaloneContainer[];
  wait_standalone_containers?: ACLWaitStandaloneContainer[];
  remove_standalone_containers?: ACLRemoveStandaloneContainer[];
  modify_resource_provider_configs?: ACLModifyResourceProviderConfig[];
  view_standalone_containers?: ACLViewStandaloneContainer[];
  prune_images?: ACLPruneImages[];
  resize_volumes?: ACLResizeVolume[];
  create_block_disks?: ACLCreateBlockDisk[];
  destroy_block_disks?: ACLDestroyBlockDisk[];
  create_mount_disks?: ACLCreateMountDisk[];
  destroy_mount_disks?: ACLDestroyMountDisk[];
  view_resource_providers?: ACLViewResourceProvider[];
  mark_resource_providers_gone?: ACLMarkResourceProvidersGone[];
  destroy_raw_disks?: ACLDestroyRawDisk[];
  drain_agents?: ACLDrainAgent[];
  deactivate_agents?: ACLDeactivateAgent[];
  reactivate_agents?: ACLReactivateAgent[];
}
export const ACLs: MessageType<ACLs> = messageType('mesos.ACLs');

/** The value of --modules. */
export interface Modules {
  libraries?: ModulesLibrary[];
}
export const Modules: MessageType<Modules> = messageType('mesos.Modules');

export interface ModulesLibrary {
  file?: string;
  name?: string;
  modules?: ModulesLibraryModule[];
}
export const ModulesLibrary: MessageType<ModulesLibrary> = messageType('mesos.Modules.Library');

export interface ModulesLibraryModule {
  name?: string;
  parameters?: Parameter[];
}
export const ModulesLibraryModule: MessageType<ModulesLibraryModule> = messageType('mesos.Modules.Library.Module');

export interface DockerTaskExecutorPrepareInfo {
  executorEnvironment?: Environment;
  taskEnvironment?: Environment;
}
export const DockerTaskExecutorPrepareInfo: MessageType<DockerTaskExecutorPrepareInfo> = messageType('mesos.DockerTaskExecutorPrepareInfo');

/** Input of `launch`. */
export interface ContainerizerLaunch {
  container_id: ContainerID;
  task_info?: TaskInfo;
  executor_info?: ExecutorInfo;
  directory?: string;
  user?: string;
  agent_id?: AgentID;
  agent_pid?: string;
  checkpoint?: boolean;
}
export const ContainerizerLaunch: MessageType<ContainerizerLaunch> = messageType('mesos.containerizer.Launch');

/** Input of `update`. */
export interface ContainerizerUpdate {
  container_id: ContainerID;
  resources?: Resource[];
}
export const ContainerizerUpdate: MessageType<ContainerizerUpdate> = messageType('mesos.containerizer.Update');

/** Input of `wait`. */
export interface ContainerizerWait {
  container_id: ContainerID;
}
export const ContainerizerWait: MessageType<ContainerizerWait> = messageType('mesos.containerizer.Wait');

/** Input of `destroy`. */
export interface ContainerizerDestroy {
  container_id: ContainerID;
}
export const ContainerizerDestroy: MessageType<ContainerizerDestroy> = messageType('mesos.containerizer.Destroy');

/** Input of `usage`, whose output is a ResourceStatistics. */
export interface ContainerizerUsage {
  container_id: ContainerID;
}
export const ContainerizerUsage: MessageType<ContainerizerUsage> = messageType('mesos.containerizer.Usage');

/** Output of `wait`: how a container ended. `killed` means that it was ended because of a limit. */
export interface ContainerizerTermination {
  killed: boolean;
  message: string;
  status?: number;
}
export const ContainerizerTermination: MessageType<ContainerizerTermination> = messageType('mesos.containerizer.Termination');

/** Output of `containers`: those that are active. */
export interface ContainerizerContainers {
  containers?: ContainerID[];
}
export const ContainerizerContainers: MessageType<ContainerizerContainers> = messageType('mesos.containerizer.Containers');

export interface FetcherInfo {
  sandbox_directory: string;
  cache_directory?: string;
  items?: FetcherInfoItem[];
  user?: string;
  frameworks_home?: string;
  stall_timeout?: DurationInfo;
}
export const FetcherInfo: MessageType<FetcherInfo> = messageType('mesos.fetcher.FetcherInfo');

export interface FetcherInfoItem {
  uri: CommandInfoURI;
  action: FetcherInfoItemAction;
  cache_filename?: string;
}
export const FetcherInfoItem: MessageType<FetcherInfoItem> = messageType('mesos.fetcher.FetcherInfo.Item');

export type FetcherInfoItemAction =
  | 'BYPASS_CACHE'
  | 'DOWNLOAD_AND_CACHE'
  | 'RETRIEVE_FROM_CACHE';

export interface CniRoute {
  dst: string;
  gw?: string;
}
export const CniRoute: MessageType<CniRoute> = messageType('mesos.internal.slave.cni.spec.Route');

export interface CniDNS {
  nameservers?: string[];
  domain?: string;
  search?: string[];
  options?: string[];
}
export const CniDNS: MessageType<CniDNS> = messageType('mesos.internal.slave.cni.spec.DNS');

export interface CniIPConfig {
  ip: string;
  gateway?: string;
  routes?: CniRoute[];
}
export const CniIPConfig: MessageType<CniIPConfig> = messageType('mesos.internal.slave.cni.spec.IPConfig');

export interface CniNetworkConfig {
  name: string;
  type: string;
  ipam?: CniNetworkConfigIPAM;
  dns?: CniDNS;
}
export const CniNetworkConfig: MessageType<CniNetworkConfig> = messageType('mesos.internal.slave.cni.spec.NetworkConfig');

export interface CniNetworkConfigIPAM {
  type: string;
  routes?: CniRoute[];
}
export const CniNetworkConfigIPAM: MessageType<CniNetworkConfigIPAM> = messageType('mesos.internal.slave.cni.spec.NetworkConfig.IPAM');

export interface CniNetworkInfo {
  ip4?: CniIPConfig;
  ip6?: CniIPConfig;
  dns?: CniDNS;
}
export const CniNetworkInfo: MessageType<CniNetworkInfo> = messageType('mesos.internal.slave.cni.spec.NetworkInfo');

export interface CniError {
  cniVersion: string;
  code: number;
  msg: string;
  details?: string;
}
export const CniError: MessageType<CniError> = messageType('mesos.internal.slave.cni.spec.Error');

export interface ResourceState {
  operations?: Operation[];
  resources?: Resource[];
}
export const ResourceState: MessageType<ResourceState> = messageType('mesos.internal.slave.ResourceState');

export interface VolumeGidInfo {
  type?: VolumeGidInfoType;
  path: string;
  gid: number;
}
export const VolumeGidInfo: MessageType<VolumeGidInfo> = messageType('mesos.internal.slave.VolumeGidInfo');

export type VolumeGidInfoType =
  | 'UNKNOWN'
  | 'PERSISTENT'
  | 'SANDBOX_PATH';

export interface VolumeGidInfos {
  infos?: VolumeGidInfo[];
}
export const VolumeGidInfos: MessageType<VolumeGidInfos> = messageType('mesos.internal.slave.VolumeGidInfos');

export interface AuthenticateMessage {
  pid: string;
}
export const AuthenticateMessage: MessageType<AuthenticateMessage> = messageType('mesos.internal.AuthenticateMessage');

export interface AuthenticationMechanismsMessage {
  mechanisms?: string[];
}
export const AuthenticationMechanismsMessage: MessageType<AuthenticationMechanismsMessage> = messageType('mesos.internal.AuthenticationMechanismsMessage');

export interface AuthenticationStartMessage {
  mechanism: string;
  /** Base64. */
  data?: string;
}
export const AuthenticationStartMessage: MessageType<AuthenticationStartMessage> = messageType('mesos.internal.AuthenticationStartMessage');

export interface AuthenticationStepMessage {
  /** Base64. */
  data: string;
}
export const AuthenticationStepMessage: MessageType<AuthenticationStepMessage> = messageType('mesos.internal.AuthenticationStepMessage');

export interface AuthenticationCompletedMessage {}
export const AuthenticationCompletedMessage: MessageType<AuthenticationCompletedMessage> = messageType('mesos.internal.AuthenticationCompletedMessage');

export interface AuthenticationFailedMessage {}
export const AuthenticationFailedMessage: MessageType<AuthenticationFailedMessage> = messageType('mesos.internal.AuthenticationFailedMessage');

export interface AuthenticationErrorMessage {
  error?: string;
}
export const AuthenticationErrorMessage: MessageType<AuthenticationErrorMessage> = messageType('mesos.internal.AuthenticationErrorMessage');

/** An update on its way from an agent to a scheduler. */
export interface StatusUpdate {
  framework_id: FrameworkID;
  executor_id?: ExecutorID;
  agent_id?: AgentID;
  status: TaskStatus;
  timestamp: number;
  /** Base64. */
  uuid?: string;
  latest_state?: TaskState;
}
export const StatusUpdate: MessageType<StatusUpdate> = messageType('mesos.internal.StatusUpdate');

/** One record of a `task.updates` file. */
export interface StatusUpdateRecord {
  type: StatusUpdateRecordType;
  update?: StatusUpdate;
  /** Base64. */
  uuid?: string;
}
export const StatusUpdateRecord: MessageType<StatusUpdateRecord> = messageType('mesos.internal.StatusUpdateRecord');

export type StatusUpdateRecordType =
  | 'UPDATE'
  | 'ACK';

export interface SubmitSchedulerRequest {
  name: string;
}
export const SubmitSchedulerRequest: MessageType<SubmitSchedulerRequest> = messageType('mesos.internal.SubmitSchedulerRequest');

export interface SubmitSchedulerResponse {
  okay: boolean;
}
export const SubmitSchedulerResponse: MessageType<SubmitSchedulerResponse> = messageType('mesos.internal.SubmitSchedulerResponse');

export interface ExecutorToFrameworkMessage {
  agent_id: AgentID;
  framework_id: FrameworkID;
  executor_id: ExecutorID;
  /** Base64. */
  data: string;
}
export const ExecutorToFrameworkMessage: MessageType<ExecutorToFrameworkMessage> = messageType('mesos.internal.ExecutorToFrameworkMessage');

export interface FrameworkToExecutorMessage {
  agent_id: AgentID;
  framework_id: FrameworkID;
  executor_id: ExecutorID;
  /** Base64. */
  data: string;
}
export const FrameworkToExecutorMessage: MessageType<FrameworkToExecutorMessage> = messageType('mesos.internal.FrameworkToExecutorMessage');

export interface RegisterFrameworkMessage {
  framework: FrameworkInfo;
}
export const RegisterFrameworkMessage: MessageType<RegisterFrameworkMessage> = messageType('mesos.internal.RegisterFrameworkMessage');

export interface ReregisterFrameworkMessage {
  framework: FrameworkInfo;
  failover: boolean;
}
export const ReregisterFrameworkMessage: MessageType<ReregisterFrameworkMessage> = messageType('mesos.internal.ReregisterFrameworkMessage');

export interface FrameworkRegisteredMessage {
  framework_id: FrameworkID;
  master_info: MasterInfo;
}
export const FrameworkRegisteredMessage: MessageType<FrameworkRegisteredMessage> = messageType('mesos.internal.FrameworkRegisteredMessage');

export interface FrameworkReregisteredMessage {
  framework_id: FrameworkID;
  master_info: MasterInfo;
}
export const FrameworkReregisteredMessage: MessageType<FrameworkReregisteredMessage> = messageType('mesos.internal.FrameworkReregisteredMessage');

export interface UnregisterFrameworkMessage {
  framework_id: FrameworkID;
}
export const UnregisterFrameworkMessage: MessageType<UnregisterFrameworkMessage> = messageType('mesos.internal.UnregisterFrameworkMessage');

export interface DeactivateFrameworkMessage {
  framework_id: FrameworkID;
}
export const DeactivateFrameworkMessage: MessageType<DeactivateFrameworkMessage> = messageType('mesos.internal.DeactivateFrameworkMessage');

export interface ResourceRequestMessage {
  framework_id: FrameworkID;
  requests?: Request[];
}
export const ResourceRequestMessage: MessageType<ResourceRequestMessage> = messageType('mesos.internal.ResourceRequestMessage');

export interface ResourceOffersMessage {
  offers?: Offer[];
  pids?: string[];
}
export const ResourceOffersMessage: MessageType<ResourceOffersMessage> = messageType('mesos.internal.ResourceOffersMessage');

export interface InverseOffersMessage {
  inverse_offers?: InverseOffer[];
  pids?: string[];
}
export const InverseOffersMessage: MessageType<InverseOffersMessage> = messageType('mesos.internal.InverseOffersMessage');

export interface LaunchTasksMessage {
  framework_id: FrameworkID;
  tasks?: TaskInfo[];
  filters: Filters;
  offer_ids?: OfferID[];
}
export const LaunchTasksMessage: MessageType<LaunchTasksMessage> = messageType('mesos.internal.LaunchTasksMessage');

export interface RescindResourceOfferMessage {
  offer_id: OfferID;
}
export const RescindResourceOfferMessage: MessageType<RescindResourceOfferMessage> = messageType('mesos.internal.RescindResourceOfferMessage');

export interface RescindInverseOfferMessage {
  inverse_offer_id: OfferID;
}
export const RescindInverseOfferMessage: MessageType<RescindInverseOfferMessage> = messageType('mesos.internal.RescindInverseOfferMessage');

export interface ReviveOffersMessage {
  framework_id: FrameworkID;
  roles?: string[];
}
export const ReviveOffersMessage: MessageType<ReviveOffersMessage> = messageType('mesos.internal.ReviveOffersMessage');

/** Master to agent: launch a task. */
export interface RunTaskMessage {
  /** @deprecated */
  framework_id?: FrameworkID;
  framework: FrameworkInfo;
  pid?: string;
  task: TaskInfo;
  resource_version_uuids?: ResourceVersionUUID[];
  launch_executor?: boolean;
}
export const RunTaskMessage: MessageType<RunTaskMessage> = messageType('mesos.internal.RunTaskMessage');

export interface RunTaskGroupMessage {
  framework: FrameworkInfo;
  executor: ExecutorInfo;
  task_group: TaskGroupInfo;
  resource_version_uuids?: ResourceVersionUUID[];
  launch_executor?: boolean;
}
export const RunTaskGroupMessage: MessageType<RunTaskGroupMessage> = messageType('mesos.internal.RunTaskGroupMessage');

export interface KillTaskMessage {
  framework_id: FrameworkID;
  task_id: TaskID;
  kill_policy?: KillPolicy;
}
export const KillTaskMessage: MessageType<KillTaskMessage> = messageType('mesos.internal.KillTaskMessage');

export interface StatusUpdateMessage {
  update: StatusUpdate;
  pid?: string;
}
export const StatusUpdateMessage: MessageType<StatusUpdateMessage> = messageType('mesos.internal.StatusUpdateMessage');

export interface StatusUpdateAcknowledgementMessage {
  agent_id: AgentID;
  framework_id: FrameworkID;
  task_id: TaskID;
  /** Base64. */
  uuid: string;
}
export const StatusUpdateAcknowledgementMessage: MessageType<StatusUpdateAcknowledgementMessage> = messageType('mesos.internal.StatusUpdateAcknowledgementMessage');

export interface AcknowledgeOperationStatusMessage {
  status_uuid: UUID;
  operation_uuid: UUID;
  resource_provider_id?: ResourceProviderID;
}
export const AcknowledgeOperationStatusMessage: MessageType<AcknowledgeOperationStatusMessage> = messageType('mesos.internal.AcknowledgeOperationStatusMessage');

export interface LostSlaveMessage {
  agent_id: AgentID;
}
export const LostSlaveMessage: MessageType<LostSlaveMessage> = messageType('mesos.internal.LostSlaveMessage');

export interface ReconcileTasksMessage {
  framework_id: FrameworkID;
  statuses?: TaskStatus[];
  framework?: FrameworkInfo;
}
export const ReconcileTasksMessage: MessageType<ReconcileTasksMessage> = messageType('mesos.internal.ReconcileTasksMessage');

export interface ReconcileOperationsMessage {
  operations?: ReconcileOperationsMessageOperation[];
  framework_id?: FrameworkID;
}
export const ReconcileOperationsMessage: MessageType<ReconcileOperationsMessage> = messageType('mesos.internal.ReconcileOperationsMessage');

export interface ReconcileOperationsMessageOperation {
  operation_uuid?: UUID;
  resource_provider_id?: ResourceProviderID;
  operation_id?: OperationID;
}
export const ReconcileOperationsMessageOperation: MessageType<ReconcileOperationsMessageOperation> = messageType('mesos.internal.ReconcileOperationsMessage.Operation');

export interface FrameworkErrorMessage {
  message: string;
}
export const FrameworkErrorMessage: MessageType<FrameworkErrorMessage> = messageType('mesos.internal.FrameworkErrorMessage');

/** Agent to master: the first registration. */
export interface RegisterSlaveMessage {
  agent: AgentInfo;
  version?: string;
  checkpointed_resources?: Resource[];
  agent_capabilities?: AgentInfoCapability[];
  resource_version_uuid?: UUID;
}
export const RegisterSlaveMessage: MessageType<RegisterSlaveMessage> = messageType('mesos.internal.RegisterSlaveMessage');

/** Agent to master: registration again, with everything the agent runs. */
export interface ReregisterSlaveMessage {
  agent: AgentInfo;
  tasks?: Task[];
  executor_infos?: ExecutorInfo[];
  completed_frameworks?: ArchiveFramework[];
  version?: string;
  checkpointed_resources?: Resource[];
  frameworks?: FrameworkInfo[];
  agent_capabilities?: AgentInfoCapability[];
  resource_version_uuid?: UUID;
}
export const ReregisterSlaveMessage: MessageType<ReregisterSlaveMessage> = messageType('mesos.internal.ReregisterSlaveMessage');

export interface SlaveRegisteredMessage {
  agent_id: AgentID;
  connection?: MasterSlaveConnection;
}
export const SlaveRegisteredMessage: MessageType<SlaveRegisteredMessage> = messageType('mesos.internal.SlaveRegisteredMessage');

export interface SlaveReregisteredMessage {
  agent_id: AgentID;
  reconciliations?: ReconcileTasksMessage[];
  connection?: MasterSlaveConnection;
}
export const SlaveReregisteredMessage: MessageType<SlaveReregisteredMessage> = messageType('mesos.internal.SlaveReregisteredMessage');

export interface UnregisterSlaveMessage {
  agent_id: AgentID;
}
export const UnregisterSlaveMessage: MessageType<UnregisterSlaveMessage> = messageType('mesos.internal.UnregisterSlaveMessage');

export interface MasterSlaveConnection {
  total_ping_timeout_seconds?: number;
  knows_shared_ports?: boolean;
}
export const MasterSlaveConnection: MessageType<MasterSlaveConnection> = messageType('mesos.internal.MasterSlaveConnection');

/** Master to agent, to the observer of its connection. */
export interface PingSlaveMessage {
  connected: boolean;
}
export const PingSlaveMessage: MessageType<PingSlaveMessage> = messageType('mesos.internal.PingSlaveMessage');

export interface PongSlaveMessage {}
export const PongSlaveMessage: MessageType<PongSlaveMessage> = messageType('mesos.internal.PongSlaveMessage');

export interface ShutdownFrameworkMessage {
  framework_id: FrameworkID;
}
export const ShutdownFrameworkMessage: MessageType<ShutdownFrameworkMessage> = messageType('mesos.internal.ShutdownFrameworkMessage');

export interface ShutdownExecutorMessage {
  executor_id?: ExecutorID;
  framework_id?: FrameworkID;
}
export const ShutdownExecutorMessage: MessageType<ShutdownExecutorMessage> = messageType('mesos.internal.ShutdownExecutorMessage');

export interface UpdateFrameworkMessage {
  framework_id: FrameworkID;
  pid?: string;
  framework_info?: FrameworkInfo;
}
export const UpdateFrameworkMessage: MessageType<UpdateFrameworkMessage> = messageType('mesos.internal.UpdateFrameworkMessage');

export interface CheckpointResourcesMessage {
  resources?: Resource[];
}
export const CheckpointResourcesMessage: MessageType<CheckpointResourcesMessage> = messageType('mesos.internal.CheckpointResourcesMessage');

export interface ResourceVersionUUID {
  resource_provider_id?: ResourceProviderID;
  uuid: UUID;
}
export const ResourceVersionUUID: MessageType<ResourceVersionUUID> = messageType('mesos.internal.ResourceVersionUUID');

/** Agent to master: its resources have changed. */
export interface UpdateSlaveMessage {
  agent_id: AgentID;
  oversubscribed_resources?: Resource[];
  update_oversubscribed_resources?: boolean;
  operations?: UpdateSlaveMessageOperations;
  resource_version_uuid?: UUID;
  resource_providers?: UpdateSlaveMessageResourceProviders;
}
export const UpdateSlaveMessage: MessageType<UpdateSlaveMessage> = messageType('mesos.internal.UpdateSlaveMessage');

export interface UpdateSlaveMessageOperations {
  operations?: Operation[];
}
export const UpdateSlaveMessageOperations: MessageType<UpdateSlaveMessageOperations> = messageType('mesos.internal.UpdateSlaveMessage.Operations');

export interface UpdateSlaveMessageResourceProvider {
  info?: ResourceProviderInfo;
  total_resources?: Resource[];
  operations: UpdateSlaveMessageOperations;
  resource_version_uuid: UUID;
}
export const UpdateSlaveMessageResourceProvider: MessageType<UpdateSlaveMessageResourceProvider> = messageType('mesos.internal.UpdateSlaveMessage.ResourceProvider');

export interface UpdateSlaveMessageResourceProviders {
  providers?: UpdateSlaveMessageResourceProvider[];
}
export const UpdateSlaveMessageResourceProviders: MessageType<UpdateSlaveMessageResourceProviders> = messageType('mesos.internal.UpdateSlaveMessage.ResourceProviders');

export interface UpdateOperationStatusMessage {
  framework_id?: FrameworkID;
  agent_id?: AgentID;
  status: OperationStatus;
  latest_status?: OperationStatus;
  operation_uuid?: UUID;
}
export const UpdateOperationStatusMessage: MessageType<UpdateOperationStatusMessage> = messageType('mesos.internal.UpdateOperationStatusMessage');

export interface UpdateOperationStatusRecord {
  type: UpdateOperationStatusRecordType;
  update?: UpdateOperationStatusMessage;
  uuid?: UUID;
}
export const UpdateOperationStatusRecord: MessageType<UpdateOperationStatusRecord> = messageType('mesos.internal.UpdateOperationStatusRecord');

export type UpdateOperationStatusRecordType =
  | 'UPDATE'
  | 'ACK';

export interface ApplyOperationMessage {
  framework_id?: FrameworkID;
  operation_info: OfferOperation;
  operation_uuid: UUID;
  resource_version_uuid: ResourceVersionUUID;
}
export const ApplyOperationMessage: MessageType<ApplyOperationMessage> = messageType('mesos.internal.ApplyOperationMessage');

export interface ResourceProviderCallMessage {
  call: ResourceProviderCall;
  uuid?: UUID;
}
export const ResourceProviderCallMessage: MessageType<ResourceProviderCallMessage> = messageType('mesos.internal.ResourceProviderCallMessage');

export interface ResourceProviderEventMessage {
  resource_provider_id: ResourceProviderID;
  event: ResourceProviderEvent;
  uuid?: UUID;
}
export const ResourceProviderEventMessage: MessageType<ResourceProviderEventMessage> = messageType('mesos.internal.ResourceProviderEventMessage');

export interface RegisterExecutorMessage {
  framework_id: FrameworkID;
  executor_id: ExecutorID;
}
export const RegisterExecutorMessage: MessageType<RegisterExecutorMessage> = messageType('mesos.internal.RegisterExecutorMessage');

export interface ExecutorRegisteredMessage {
  executor_info: ExecutorInfo;
  framework_id: FrameworkID;
  framework_info: FrameworkInfo;
  agent_id: AgentID;
  agent_info: AgentInfo;
}
export const ExecutorRegisteredMessage: MessageType<ExecutorRegisteredMessage> = messageType('mesos.internal.ExecutorRegisteredMessage');

export interface ExecutorReregisteredMessage {
  agent_id: AgentID;
  agent_info: AgentInfo;
}
export const ExecutorReregisteredMessage: MessageType<ExecutorReregisteredMessage> = messageType('mesos.internal.ExecutorReregisteredMessage');

export interface ExitedExecutorMessage {
  agent_id: AgentID;
  framework_id: FrameworkID;
  executor_id: ExecutorID;
  status: number;
}
export const ExitedExecutorMessage: MessageType<ExitedExecutorMessage> = messageType('mesos.internal.ExitedExecutorMessage');

export interface ReconnectExecutorMessage {
  agent_id: AgentID;
}
export const ReconnectExecutorMessage: MessageType<ReconnectExecutorMessage> = messageType('mesos.internal.ReconnectExecutorMessage');

export interface ReregisterExecutorMessage {
  executor_id: ExecutorID;
  framework_id: FrameworkID;
  tasks?: TaskInfo[];
  updates?: StatusUpdate[];
}
export const ReregisterExecutorMessage: MessageType<ReregisterExecutorMessage> = messageType('mesos.internal.ReregisterExecutorMessage');

export interface DrainSlaveMessage {
  config: DrainConfig;
}
export const DrainSlaveMessage: MessageType<DrainSlaveMessage> = messageType('mesos.internal.DrainSlaveMessage');

export interface ShutdownMessage {
  message?: string;
}
export const ShutdownMessage: MessageType<ShutdownMessage> = messageType('mesos.internal.ShutdownMessage');

export interface Archive {
  frameworks?: ArchiveFramework[];
}
export const Archive: MessageType<Archive> = messageType('mesos.internal.Archive');

export interface ArchiveFramework {
  framework_info: FrameworkInfo;
  pid?: string;
  tasks?: Task[];
}
export const ArchiveFramework: MessageType<ArchiveFramework> = messageType('mesos.internal.Archive.Framework');

export interface TaskHealthStatus {
  task_id: TaskID;
  healthy: boolean;
  /** Default: false. */
  kill_task?: boolean;
  consecutive_failures?: number;
}
export const TaskHealthStatus: MessageType<TaskHealthStatus> = messageType('mesos.internal.TaskHealthStatus');

export interface HookExecuted {
  module?: string;
}
export const HookExecuted: MessageType<HookExecuted> = messageType('mesos.internal.HookExecuted');

export interface Firewall {
  disabled_endpoints?: FirewallDisabledEndpointsRule;
}
export const Firewall: MessageType<Firewall> = messageType('mesos.internal.Firewall');

export interface FirewallDisabledEndpointsRule {
  paths?: string[];
}
export const FirewallDisabledEndpointsRule: MessageType<FirewallDisabledEndpointsRule> = messageType('mesos.internal.Firewall.DisabledEndpointsRule');

export interface ContainerDNSInfo {
  mesos?: ContainerDNSInfoMesosInfo[];
  docker?: ContainerDNSInfoDockerInfo[];
}
export const ContainerDNSInfo: MessageType<ContainerDNSInfo> = messageType('mesos.internal.ContainerDNSInfo');

export interface ContainerDNSInfoMesosInfo {
  network_mode?: ContainerDNSInfoMesosInfoNetworkMode;
  network_name?: string;
  dns: CniDNS;
}
export const ContainerDNSInfoMesosInfo: MessageType<ContainerDNSInfoMesosInfo> = messageType('mesos.internal.ContainerDNSInfo.MesosInfo');

export type ContainerDNSInfoMesosInfoNetworkMode =
  | 'UNKNOWN'
  | 'HOST'
  | 'CNI';

export interface ContainerDNSInfoDockerInfo {
  network_mode?: ContainerDNSInfoDockerInfoNetworkMode;
  network_name?: string;
  dns: ContainerDNSInfoDockerInfoDNS;
}
export const ContainerDNSInfoDockerInfo: MessageType<ContainerDNSInfoDockerInfo> = messageType('mesos.internal.ContainerDNSInfo.DockerInfo');

export type ContainerDNSInfoDockerInfoNetworkMode =
  | 'UNKNOWN'
  | 'HOST'
  | 'BRIDGE'
  | 'USER';

export interface ContainerDNSInfoDockerInfoDNS {
  nameservers?: string[];
  search?: string[];
  options?: string[];
}
export const ContainerDNSInfoDockerInfoDNS: MessageType<ContainerDNSInfoDockerInfoDNS> = messageType('mesos.internal.ContainerDNSInfo.DockerInfo.DNS');

export interface SlaveCapabilities {
  capabilities?: AgentInfoCapability[];
}
export const SlaveCapabilities: MessageType<SlaveCapabilities> = messageType('mesos.internal.SlaveCapabilities');

export interface ImageGcConfig {
  image_disk_headroom: number;
  image_disk_watch_interval: DurationInfo;
  excluded_images?: Image[];
}
export const ImageGcConfig: MessageType<ImageGcConfig> = messageType('mesos.internal.ImageGcConfig');

/** What a master keeps durably. */
export interface Registry {
  master?: RegistryMaster;
  agents?: RegistrySlaves;
  machines?: RegistryMachines;
  schedules?: MaintenanceSchedule[];
  /** @deprecated */
  quotas?: RegistryQuota[];
  weights?: RegistryWeight[];
  unreachable?: RegistryUnreachableSlaves;
  gone?: RegistryGoneSlaves;
  resource_provider_registry?: ResourceProvidersRegistryRegistry;
  minimum_capabilities?: RegistryMinimumCapability[];
  quota_configs?: QuotaConfig[];
}
export const Registry: MessageType<Registry> = messageType('mesos.internal.Registry');

export interface RegistryMaster {
  info: MasterInfo;
}
export const RegistryMaster: MessageType<RegistryMaster> = messageType('mesos.internal.Registry.Master');

export interface RegistrySlave {
  info: AgentInfo;
  drain_info?: DrainInfo;
  /** Default: false. */
  deactivated?: boolean;
}
export const RegistrySlave: MessageType<RegistrySlave> = messageType('mesos.internal.Registry.Slave');

export interface RegistrySlaves {
  agents?: RegistrySlave[];
}
export const RegistrySlaves: MessageType<RegistrySlaves> = messageType('mesos.internal.Registry.Slaves');

export interface RegistryUnreachableSlave {
  id: AgentID;
  timestamp: TimeInfo;
  drain_info?: DrainInfo;
  /** Default: false. */
  deactivated?: boolean;
}
export const RegistryUnreachableSlave: MessageType<RegistryUnreachableSlave> = messageType('mesos.internal.Registry.UnreachableSlave');

export interface RegistryUnreachableSlaves {
  agents?: RegistryUnreachableSlave[];
}
export const RegistryUnreachableSlaves: MessageType<RegistryUnreachableSlaves> = messageType('mesos.internal.Registry.UnreachableSlaves');

export interface RegistryGoneSlave {
  id: AgentID;
  timestamp: TimeInfo;
}
export const RegistryGoneSlave: MessageType<RegistryGoneSlave> = messageType('mesos.internal.Registry.GoneSlave');

export interface RegistryGoneSlaves {
  agents?: RegistryGoneSlave[];
}
export const RegistryGoneSlaves: MessageType<RegistryGoneSlaves> = messageType('mesos.internal.Registry.GoneSlaves');

export interface RegistryMachine {
  info: MachineInfo;
}
export const RegistryMachine: MessageType<RegistryMachine> = messageType('mesos.internal.Registry.Machine');

export interface RegistryMachines {
  machines?: RegistryMachine[];
}
export const RegistryMachines: MessageType<RegistryMachines> = messageType('mesos.internal.Registry.Machines');

export interface RegistryQuota {
  info: QuotaInfo;
}
export const RegistryQuota: MessageType<RegistryQuota> = messageType('mesos.internal.Registry.Quota');

export interface RegistryWeight {
  info: WeightInfo;
}
export const RegistryWeight: MessageType<RegistryWeight> = messageType('mesos.internal.Registry.Weight');

export interface RegistryMinimumCapability {
  capability: string;
}
export const RegistryMinimumCapability: MessageType<RegistryMinimumCapability> = messageType('mesos.internal.Registry.MinimumCapability');

export interface StateEntry {
  name: string;
  /** Base64. */
  uuid: string;
  /** Base64. */
  value: string;
}
export const StateEntry: MessageType<StateEntry> = messageType('mesos.internal.state.Entry');

export interface StateOperation {
  type: StateOperationType;
  snapshot?: StateOperationSnapshot;
  expunge?: StateOperationExpunge;
  diff?: StateOperationDiff;
}
export const StateOperation: MessageType<StateOperation> = messageType('mesos.internal.state.Operation');

export type StateOperationType =
  | 'SNAPSHOT'
  | 'EXPUNGE'
  | 'DIFF';

export interface StateOperationSnapshot {
  entry: StateEntry;
}
export const StateOperationSnapshot: MessageType<StateOperationSnapshot> = messageType('mesos.internal.state.Operation.Snapshot');

export interface StateOperationDiff {
  entry: StateEntry;
}
export const StateOperationDiff: MessageType<StateOperationDiff> = messageType('mesos.internal.state.Operation.Diff');

export interface StateOperationExpunge {
  name: string;
}
export const StateOperationExpunge: MessageType<StateOperationExpunge> = messageType('mesos.internal.state.Operation.Expunge');

export interface ResourceProvidersRegistryResourceProvider {
  id: ResourceProviderID;
  type?: string;
  name?: string;
}
export const ResourceProvidersRegistryResourceProvider: MessageType<ResourceProvidersRegistryResourceProvider> = messageType('mesos.resource_provider.registry.ResourceProvider');

export interface ResourceProvidersRegistryRegistry {
  resource_providers?: ResourceProvidersRegistryResourceProvider[];
  removed_resource_providers?: ResourceProvidersRegistryResourceProvider[];
}
export const ResourceProvidersRegistryRegistry: MessageType<ResourceProvidersRegistryRegistry> = messageType('mesos.resource_provider.registry.Registry');

export interface DriverSchedulerCall {
  framework_id?: FrameworkID;
  type?: SchedulerCallType;
  subscribe?: DriverSchedulerCallSubscribe;
  accept?: SchedulerCallAccept;
  decline?: SchedulerCallDecline;
  kill?: SchedulerCallKill;
  shutdown?: SchedulerCallShutdown;
  acknowledge?: SchedulerCallAcknowledge;
  reconcile?: SchedulerCallReconcile;
  message?: SchedulerCallMessage;
  request?: SchedulerCallRequest;
  accept_inverse_offers?: SchedulerCallAcceptInverseOffers;
  decline_inverse_offers?: SchedulerCallDeclineInverseOffers;
  revive?: SchedulerCallRevive;
  suppress?: SchedulerCallSuppress;
  acknowledge_operation_status?: SchedulerCallAcknowledgeOperationStatus;
  reconcile_operations?: SchedulerCallReconcileOperations;
  update_framework?: SchedulerCallUpdateFramework;
}
export const DriverSchedulerCall: MessageType<DriverSchedulerCall> = messageType('mesos.scheduler.Call');

export interface DriverSchedulerCallSubscribe {
  framework_info: FrameworkInfo;
  force?: boolean;
  suppressed_roles?: string[];
  offer_constraints?: SchedulerOfferConstraints;
}
export const DriverSchedulerCallSubscribe: MessageType<DriverSchedulerCallSubscribe> = messageType('mesos.scheduler.Call.Subscribe');

export interface ContainerSeccompProfile {
  default_action: ContainerSeccompProfileSyscallAction;
  architectures?: ContainerSeccompProfileArchitecture[];
  syscalls?: ContainerSeccompProfileSyscall[];
}
export const ContainerSeccompProfile: MessageType<ContainerSeccompProfile> = messageType('mesos.seccomp.ContainerSeccompProfile');

export type ContainerSeccompProfileArchitecture =
  | 'UNKNOWN'
  | 'ARCH_X86'
  | 'ARCH_X86_64'
  | 'ARCH_X32'
  | 'ARCH_ARM'
  | 'ARCH_AARCH64'
  | 'ARCH_MIPS'
  | 'ARCH_MIPSEL'
  | 'ARCH_MIPS64'
  | 'ARCH_MIPSEL64'
  | 'ARCH_MIPS64N32'
  | 'ARCH_MIPSEL64N32'
  | 'ARCH_PPC'
  | 'ARCH_PPC64'
  | 'ARCH_PPC64LE'
  | 'ARCH_S390'
  | 'ARCH_S390X';

export interface ContainerSeccompProfileSyscall {
  names?: string[];
  action: ContainerSeccompProfileSyscallAction;
  args?: ContainerSeccompProfileSyscallArg[];
  includes?: ContainerSeccompProfileSyscallFilter;
  excludes?: ContainerSeccompProfileSyscallFilter;
}
export const ContainerSeccompProfileSyscall: MessageType<ContainerSeccompProfileSyscall> = messageType('mesos.seccomp.ContainerSeccompProfile.Syscall');

export type ContainerSeccompProfileSyscallAction =
  | 'UNKNOWN'
  | 'ACT_KILL'
  | 'ACT_TRAP'
  | 'ACT_ERRNO'
  | 'ACT_TRACE'
  | 'ACT_ALLOW';

export interface ContainerSeccompProfileSyscallArg {
  index: number;
  op: ContainerSeccompProfileSyscallArgOperator;
  value: number;
  value_two: number;
}
export const ContainerSeccompProfileSyscallArg: MessageType<ContainerSeccompProfileSyscallArg> = messageType('mesos.seccomp.ContainerSeccompProfile.Syscall.Arg');

export type ContainerSeccompProfileSyscallArgOperator =
  | 'UNKNOWN'
  | 'CMP_NE'
  | 'CMP_LT'
  | 'CMP_LE'
  | 'CMP_EQ'
  | 'CMP_GE'
  | 'CMP_GT'
  | 'CMP_MASKED_EQ';

export interface ContainerSeccompProfileSyscallFilter {
  capabilities?: CapabilityInfoCapability[];
}
export const ContainerSeccompProfileSyscallFilter: MessageType<ContainerSeccompProfileSyscallFilter> = messageType('mesos.seccomp.ContainerSeccompProfile.Syscall.Filter');

export type ContainerClass =
  | 'DEFAULT'
  | 'DEBUG';

/** Why a container must be ended. */
export interface ContainerLimitation {
  resources?: Resource[];
  message?: string;
  reason?: TaskStatusReason;
}
export const ContainerLimitation: MessageType<ContainerLimitation> = messageType('mesos.slave.ContainerLimitation');

export interface ContainerState {
  executor_info?: ExecutorInfo;
  container_id: ContainerID;
  pid: number;
  directory: string;
  ephemeral_volumes?: string[];
  container_info?: ContainerInfo;
}
export const ContainerState: MessageType<ContainerState> = messageType('mesos.slave.ContainerState');

export interface ContainerRecoverInfo {
  checkpointed_container_states?: ContainerState[];
  orphan_container_ids?: ContainerID[];
  known_container_ids?: ContainerID[];
}
export const ContainerRecoverInfo: MessageType<ContainerRecoverInfo> = messageType('mesos.slave.ContainerRecoverInfo');

/** What a container is launched with. */
export interface ContainerConfig {
  directory: string;
  user?: string;
  rootfs?: string;
  docker?: ContainerConfigDocker;
  executor_info?: ExecutorInfo;
  task_info?: TaskInfo;
  appc?: ContainerConfigAppc;
  command_info: CommandInfo;
  container_info?: ContainerInfo;
  resources?: Resource[];
  container_class?: ContainerClass;
  ephemeral_volumes?: string[];
  limits?: Record<string, ValueScalar>;
}
export const ContainerConfig: MessageType<ContainerConfig> = messageType('mesos.slave.ContainerConfig');

export interface ContainerConfigDocker {
  manifest?: DockerV1ImageManifest;
}
export const ContainerConfigDocker: MessageType<ContainerConfigDocker> = messageType('mesos.slave.ContainerConfig.Docker');

export interface ContainerConfigAppc {
  manifest?: AppcImageManifest;
}
export const ContainerConfigAppc: MessageType<ContainerConfigAppc> = messageType('mesos.slave.ContainerConfig.Appc');

export interface ContainerMountInfo {
  target: string;
  source?: string;
  type?: string;
  flags?: number;
  options?: string;
}
export const ContainerMountInfo: MessageType<ContainerMountInfo> = messageType('mesos.slave.ContainerMountInfo');

export interface ContainerFileOperation {
  operation?: ContainerFileOperationOperation;
  symlink?: ContainerFileOperationSymlink;
  mkdir?: ContainerFileOperationMkdir;
  rename?: ContainerFileOperationRename;
  mount?: ContainerMountInfo;
}
export const ContainerFileOperation: MessageType<ContainerFileOperation> = messageType('mesos.slave.ContainerFileOperation');

export type ContainerFileOperationOperation =
  | 'SYMLINK'
  | 'MOUNT'
  | 'RENAME'
  | 'MKDIR';

export interface ContainerFileOperationSymlink {
  source?: string;
  target?: string;
}
export const ContainerFileOperationSymlink: MessageType<ContainerFileOperationSymlink> = messageType('mesos.slave.ContainerFileOperation.Symlink');

export interface ContainerFileOperationRename {
  source?: string;
  target?: string;
}
export const ContainerFileOperationRename: MessageType<ContainerFileOperationRename> = messageType('mesos.slave.ContainerFileOperation.Rename');

export interface ContainerFileOperationMkdir {
  target?: string;
  recursive?: boolean;
}
export const ContainerFileOperationMkdir: MessageType<ContainerFileOperationMkdir> = messageType('mesos.slave.ContainerFileOperation.Mkdir');

/** What one isolator adds to a launch. */
export interface ContainerLaunchInfo {
  /** @deprecated */
  pre_exec_commands?: CommandInfo[];
  environment?: Environment;
  rootfs?: string;
  clone_namespaces?: number[];
  command?: CommandInfo;
  working_directory?: string;
  effective_capabilities?: CapabilityInfo;
  rlimits?: RLimitInfo;
  enter_namespaces?: number[];
  user?: string;
  tty_agent_path?: string;
  task_environment?: Environment;
  bounding_capabilities?: CapabilityInfo;
  mounts?: ContainerMountInfo[];
  seccomp_profile?: ContainerSeccompProfile;
  supplementary_groups?: number[];
  task_supplementary_groups?: number[];
  masked_paths?: string[];
  file_operations?: ContainerFileOperation[];
  no_new_privileges?: boolean;
}
export const ContainerLaunchInfo: MessageType<ContainerLaunchInfo> = messageType('mesos.slave.ContainerLaunchInfo');

/** How a container ended. */
export interface ContainerTermination {
  message?: string;
  status?: number;
  state?: TaskState;
  reason?: TaskStatusReason;
  limited_resources?: Resource[];
}
export const ContainerTermination: MessageType<ContainerTermination> = messageType('mesos.slave.ContainerTermination');

export interface ContainerLayers {
  paths?: string[];
  config?: string;
}
export const ContainerLayers: MessageType<ContainerLayers> = messageType('mesos.slave.ContainerLayers');

export interface QoSCorrection {
  type: QoSCorrectionType;
  kill?: QoSCorrectionKill;
}
export const QoSCorrection: MessageType<QoSCorrection> = messageType('mesos.slave.QoSCorrection');

export type QoSCorrectionType =
  | 'KILL';

export interface QoSCorrectionKill {
  framework_id?: FrameworkID;
  executor_id?: ExecutorID;
  container_id?: ContainerID;
}
export const QoSCorrectionKill: MessageType<QoSCorrectionKill> = messageType('mesos.slave.QoSCorrection.Kill');

export interface AgentCall {
  type?: AgentCallType;
  get_metrics?: AgentCallGetMetrics;
  set_logging_level?: AgentCallSetLoggingLevel;
  list_files?: AgentCallListFiles;
  read_file?: AgentCallReadFile;
  /** @deprecated */
  launch_nested_container?: AgentCallLaunchNestedContainer;
  /** @deprecated */
  wait_nested_container?: AgentCallWaitNestedContainer;
  /** @deprecated */
  kill_nested_container?: AgentCallKillNestedContainer;
  launch_nested_container_session?: AgentCallLaunchNestedContainerSession;
  attach_container_input?: AgentCallAttachContainerInput;
  attach_container_output?: AgentCallAttachContainerOutput;
  /** @deprecated */
  remove_nested_container?: AgentCallRemoveNestedContainer;
  launch_container?: AgentCallLaunchContainer;
  wait_container?: AgentCallWaitContainer;
  kill_container?: AgentCallKillContainer;
  remove_container?: AgentCallRemoveContainer;
  add_resource_provider_config?: AgentCallAddResourceProviderConfig;
  update_resource_provider_config?: AgentCallUpdateResourceProviderConfig;
  remove_resource_provider_config?: AgentCallRemoveResourceProviderConfig;
  get_containers?: AgentCallGetContainers;
  prune_images?: AgentCallPruneImages;
  mark_resource_provider_gone?: AgentCallMarkResourceProviderGone;
}
export const AgentCall: MessageType<AgentCall> = messageType('mesos.v1.agent.Call');

export type AgentCallType =
  | 'UNKNOWN'
  | 'GET_HEALTH'
  | 'GET_FLAGS'
  | 'GET_VERSION'
  | 'GET_METRICS'
  | 'GET_LOGGING_LEVEL'
  | 'SET_LOGGING_LEVEL'
  | 'LIST_FILES'
  | 'READ_FILE'
  | 'GET_STATE'
  | 'GET_CONTAINERS'
  | 'GET_FRAMEWORKS'
  | 'GET_EXECUTORS'
  | 'GET_TASKS'
  | 'LAUNCH_NESTED_CONTAINER'
  | 'WAIT_NESTED_CONTAINER'
  | 'KILL_NESTED_CONTAINER'
  | 'LAUNCH_NESTED_CONTAINER_SESSION'
  | 'ATTACH_CONTAINER_INPUT'
  | 'ATTACH_CONTAINER_OUTPUT'
  | 'GET_AGENT'
  | 'REMOVE_NESTED_CONTAINER'
  | 'LAUNCH_CONTAINER'
  | 'WAIT_CONTAINER'
  | 'KILL_CONTAINER'
  | 'REMOVE_CONTAINER'
  | 'GET_RESOURCE_PROVIDERS'
  | 'ADD_RESOURCE_PROVIDER_CONFIG'
  | 'UPDATE_RESOURCE_PROVIDER_CONFIG'
  | 'REMOVE_RESOURCE_PROVIDER_CONFIG'
  | 'PRUNE_IMAGES'
  | 'GET_OPERATIONS'
  | 'MARK_RESOURCE_PROVIDER_GONE';

export interface AgentCallGetMetrics {
  timeout?: DurationInfo;
}
export const AgentCallGetMetrics: MessageType<AgentCallGetMetrics> = messageType('mesos.v1.agent.Call.GetMetrics');

export interface AgentCallSetLoggingLevel {
  level: number;
  duration: DurationInfo;
}
export const AgentCallSetLoggingLevel: MessageType<AgentCallSetLoggingLevel> = messageType('mesos.v1.agent.Call.SetLoggingLevel');

export interface AgentCallListFiles {
  path: string;
}
export const AgentCallListFiles: MessageType<AgentCallListFiles> = messageType('mesos.v1.agent.Call.ListFiles');

export interface AgentCallReadFile {
  path: string;
  offset: number;
  length?: number;
}
export const AgentCallReadFile: MessageType<AgentCallReadFile> = messageType('mesos.v1.agent.Call.ReadFile');

export interface AgentCallGetContainers {
  show_nested?: boolean;
  show_standalone?: boolean;
}
export const AgentCallGetContainers: MessageType<AgentCallGetContainers> = messageType('mesos.v1.agent.Call.GetContainers');

export interface AgentCallLaunchNestedContainer {
  container_id: ContainerID;
  command?: CommandInfo;
  container?: ContainerInfo;
}
export const AgentCallLaunchNestedContainer: MessageType<AgentCallLaunchNestedContainer> = messageType('mesos.v1.agent.Call.LaunchNestedContainer');

export interface AgentCallWaitNestedContainer {
  container_id: ContainerID;
}
export const AgentCallWaitNestedContainer: MessageType<AgentCallWaitNestedContainer> = messageType('mesos.v1.agent.Call.WaitNestedContainer');

export interface AgentCallKillNestedContainer {
  container_id: ContainerID;
  signal?: number;
}
export const AgentCallKillNestedContainer: MessageType<AgentCallKillNestedContainer> = messageType('mesos.v1.agent.Call.KillNestedContainer');

export interface AgentCallRemoveNestedContainer {
  container_id: ContainerID;
}
export const AgentCallRemoveNestedContainer: MessageType<AgentCallRemoveNestedContainer> = messageType('mesos.v1.agent.Call.RemoveNestedContainer');

export interface AgentCallLaunchNestedContainerSession {
  container_id: ContainerID;
  command?: CommandInfo;
  container?: ContainerInfo;
}
export const AgentCallLaunchNestedContainerSession: MessageType<AgentCallLaunchNestedContainerSession> = messageType('mesos.v1.agent.Call.LaunchNestedContainerSession');

export interface AgentCallAttachContainerInput {
  type?: AgentCallAttachContainerInputType;
  container_id?: ContainerID;
  process_io?: AgentProcessIO;
}
export const AgentCallAttachContainerInput: MessageType<AgentCallAttachContainerInput> = messageType('mesos.v1.agent.Call.AttachContainerInput');

export type AgentCallAttachContainerInputType =
  | 'UNKNOWN'
  | 'CONTAINER_ID'
  | 'PROCESS_IO';

export interface AgentCallAttachContainerOutput {
  container_id: ContainerID;
}
export const AgentCallAttachContainerOutput: MessageType<AgentCallAttachContainerOutput> = messageType('mesos.v1.agent.Call.AttachContainerOutput');

export interface AgentCallLaunchContainer {
  container_id: ContainerID;
  command?: CommandInfo;
  resources?: Resource[];
  container?: ContainerInfo;
  limits?: Record<string, ValueScalar>;
}
export const AgentCallLaunchContainer: MessageType<AgentCallLaunchContainer> = messageType('mesos.v1.agent.Call.LaunchContainer');

export interface AgentCallWaitContainer {
  container_id: ContainerID;
}
export const AgentCallWaitContainer: MessageType<AgentCallWaitContainer> = messageType('mesos.v1.agent.Call.WaitContainer');

export interface AgentCallKillContainer {
  container_id: ContainerID;
  signal?: number;
}
export const AgentCallKillContainer: MessageType<AgentCallKillContainer> = messageType('mesos.v1.agent.Call.KillContainer');

export interface AgentCallRemoveContainer {
  container_id: ContainerID;
}
export const AgentCallRemoveContainer: MessageType<AgentCallRemoveContainer> = messageType('mesos.v1.agent.Call.RemoveContainer');

export interface AgentCallAddResourceProviderConfig {
  info: ResourceProviderInfo;
}
export const AgentCallAddResourceProviderConfig: MessageType<AgentCallAddResourceProviderConfig> = messageType('mesos.v1.agent.Call.AddResourceProviderConfig');

export interface AgentCallUpdateResourceProviderConfig {
  info: ResourceProviderInfo;
}
export const AgentCallUpdateResourceProviderConfig: MessageType<AgentCallUpdateResourceProviderConfig> = messageType('mesos.v1.agent.Call.UpdateResourceProviderConfig');

export interface AgentCallRemoveResourceProviderConfig {
  type: string;
  name: string;
}
export const AgentCallRemoveResourceProviderConfig: MessageType<AgentCallRemoveResourceProviderConfig> = messageType('mesos.v1.agent.Call.RemoveResourceProviderConfig');

export interface AgentCallMarkResourceProviderGone {
  resource_provider_id: ResourceProviderID;
}
export const AgentCallMarkResourceProviderGone: MessageType<AgentCallMarkResourceProviderGone> = messageType('mesos.v1.agent.Call.MarkResourceProviderGone');

export interface AgentCallPruneImages {
  excluded_images?: Image[];
}
export const AgentCallPruneImages: MessageType<AgentCallPruneImages> = messageType('mesos.v1.agent.Call.PruneImages');

export interface AgentResponse {
  type?: AgentResponseType;
  get_health?: AgentResponseGetHealth;
  get_flags?: AgentResponseGetFlags;
  get_version?: AgentResponseGetVersion;
  get_metrics?: AgentResponseGetMetrics;
  get_logging_level?: AgentResponseGetLoggingLevel;
  list_files?: AgentResponseListFiles;
  read_file?: AgentResponseReadFile;
  get_state?: AgentResponseGetState;
  get_containers?: AgentResponseGetContainers;
  get_frameworks?: AgentResponseGetFrameworks;
  get_executors?: AgentResponseGetExecutors;
  get_tasks?: AgentResponseGetTasks;
  wait_nested_container?: AgentResponseWaitNestedContainer;
  get_agent?: AgentResponseGetAgent;
  wait_container?: AgentResponseWaitContainer;
  get_resource_providers?: AgentResponseGetResourceProviders;
  get_operations?: AgentResponseGetOperations;
}
export const AgentResponse: MessageType<AgentResponse> = messageType('mesos.v1.agent.Response');

export type AgentResponseType =
  | 'UNKNOWN'
  | 'GET_HEALTH'
  | 'GET_FLAGS'
  | 'GET_VERSION'
  | 'GET_METRICS'
  | 'GET_LOGGING_LEVEL'
  | 'LIST_FILES'
  | 'READ_FILE'
  | 'GET_STATE'
  | 'GET_CONTAINERS'
  | 'GET_FRAMEWORKS'
  | 'GET_EXECUTORS'
  | 'GET_TASKS'
  | 'WAIT_NESTED_CONTAINER'
  | 'GET_AGENT'
  | 'WAIT_CONTAINER'
  | 'GET_RESOURCE_PROVIDERS'
  | 'GET_OPERATIONS';

export interface AgentResponseGetHealth {
  healthy: boolean;
}
export const AgentResponseGetHealth: MessageType<AgentResponseGetHealth> = messageType('mesos.v1.agent.Response.GetHealth');

export interface AgentResponseGetFlags {
  flags?: Flag[];
}
export const AgentResponseGetFlags: MessageType<AgentResponseGetFlags> = messageType('mesos.v1.agent.Response.GetFlags');

export interface AgentResponseGetVersion {
  version_info: VersionInfo;
}
export const AgentResponseGetVersion: MessageType<AgentResponseGetVersion> = messageType('mesos.v1.agent.Response.GetVersion');

export interface AgentResponseGetMetrics {
  metrics?: Metric[];
}
export const AgentResponseGetMetrics: MessageType<AgentResponseGetMetrics> = messageType('mesos.v1.agent.Response.GetMetrics');

export interface AgentResponseGetLoggingLevel {
  level: number;
}
export const AgentResponseGetLoggingLevel: MessageType<AgentResponseGetLoggingLevel> = messageType('mesos.v1.agent.Response.GetLoggingLevel');

export interface AgentResponseListFiles {
  file_infos?: FileInfo[];
}
export const AgentResponseListFiles: MessageType<AgentResponseListFiles> = messageType('mesos.v1.agent.Response.ListFiles');

export interface AgentResponseReadFile {
  size: number;
  /** Base64. */
  data: string;
}
export const AgentResponseReadFile: MessageType<AgentResponseReadFile> = messageType('mesos.v1.agent.Response.ReadFile');

export interface AgentResponseGetState {
  get_tasks?: AgentResponseGetTasks;
  get_executors?: AgentResponseGetExecutors;
  get_frameworks?: AgentResponseGetFrameworks;
}
export const AgentResponseGetState: MessageType<AgentResponseGetState> = messageType('mesos.v1.agent.Response.GetState');

export interface AgentResponseGetContainers {
  containers?: AgentResponseGetContainersContainer[];
}
export const AgentResponseGetContainers: MessageType<AgentResponseGetContainers> = messageType('mesos.v1.agent.Response.GetContainers');

export interface AgentResponseGetContainersContainer {
  framework_id?: FrameworkID;
  executor_id?: ExecutorID;
  executor_name?: string;
  container_id: ContainerID;
  container_status?: ContainerStatus;
  resource_statistics?: ResourceStatistics;
}
export const AgentResponseGetContainersContainer: MessageType<AgentResponseGetContainersContainer> = messageType('mesos.v1.agent.Response.GetContainers.Container');

export interface AgentResponseGetFrameworks {
  frameworks?: AgentResponseGetFrameworksFramework[];
  completed_frameworks?: AgentResponseGetFrameworksFramework[];
}
export const AgentResponseGetFrameworks: MessageType<AgentResponseGetFrameworks> = messageType('mesos.v1.agent.Response.GetFrameworks');

export interface AgentResponseGetFrameworksFramework {
  framework_info: FrameworkInfo;
}
export const AgentResponseGetFrameworksFramework: MessageType<AgentResponseGetFrameworksFramework> = messageType('mesos.v1.agent.Response.GetFrameworks.Framework');

export interface AgentResponseGetExecutors {
  executors?: AgentResponseGetExecutorsExecutor[];
  completed_executors?: AgentResponseGetExecutorsExecutor[];
}
export const AgentResponseGetExecutors: MessageType<AgentResponseGetExecutors> = messageType('mesos.v1.agent.Response.GetExecutors');

export interface AgentResponseGetExecutorsExecutor {
  executor_info: ExecutorInfo;
}
export const AgentResponseGetExecutorsExecutor: MessageType<AgentResponseGetExecutorsExecutor> = messageType('mesos.v1.agent.Response.GetExecutors.Executor');

export interface AgentResponseGetOperations {
  operations?: Operation[];
}
export const AgentResponseGetOperations: MessageType<AgentResponseGetOperations> = messageType('mesos.v1.agent.Response.GetOperations');

export interface AgentResponseGetTasks {
  pending_tasks?: Task[];
  queued_tasks?: Task[];
  launched_tasks?: Task[];
  terminated_tasks?: Task[];
  completed_tasks?: Task[];
}
export const AgentResponseGetTasks: MessageType<AgentResponseGetTasks> = messageType('mesos.v1.agent.Response.GetTasks');

export interface AgentResponseGetAgent {
  agent_info?: AgentInfo;
  drain_config?: DrainConfig;
  estimated_drain_start_time?: TimeInfo;
}
export const AgentResponseGetAgent: MessageType<AgentResponseGetAgent> = messageType('mesos.v1.agent.Response.GetAgent');

export interface AgentResponseGetResourceProviders {
  resource_providers?: AgentResponseGetResourceProvidersResourceProvider[];
}
export const AgentResponseGetResourceProviders: MessageType<AgentResponseGetResourceProviders> = messageType('mesos.v1.agent.Response.GetResourceProviders');

export interface AgentResponseGetResourceProvidersResourceProvider {
  resource_provider_info: ResourceProviderInfo;
  total_resources?: Resource[];
}
export const AgentResponseGetResourceProvidersResourceProvider: MessageType<AgentResponseGetResourceProvidersResourceProvider> = messageType('mesos.v1.agent.Response.GetResourceProviders.ResourceProvider');

export interface AgentResponseWaitNestedContainer {
  exit_status?: number;
  state?: TaskState;
  reason?: TaskStatusReason;
  limitation?: TaskResourceLimitation;
  message?: string;
}
export const AgentResponseWaitNestedContainer: MessageType<AgentResponseWaitNestedContainer> = messageType('mesos.v1.agent.Response.WaitNestedContainer');

export interface AgentResponseWaitContainer {
  exit_status?: number;
  state?: TaskState;
  reason?: TaskStatusReason;
  limitation?: TaskResourceLimitation;
  message?: string;
}
export const AgentResponseWaitContainer: MessageType<AgentResponseWaitContainer> = messageType('mesos.v1.agent.Response.WaitContainer');

export interface AgentProcessIO {
  type?: AgentProcessIOType;
  data?: AgentProcessIOData;
  control?: AgentProcessIOControl;
}
export const AgentProcessIO: MessageType<AgentProcessIO> = messageType('mesos.v1.agent.ProcessIO');

export type AgentProcessIOType =
  | 'UNKNOWN'
  | 'DATA'
  | 'CONTROL';

export interface AgentProcessIOData {
  type?: AgentProcessIODataType;
  /** Base64. */
  data?: string;
}
export const AgentProcessIOData: MessageType<AgentProcessIOData> = messageType('mesos.v1.agent.ProcessIO.Data');

export type AgentProcessIODataType =
  | 'UNKNOWN'
  | 'STDIN'
  | 'STDOUT'
  | 'STDERR';

export interface AgentProcessIOControl {
  type?: AgentProcessIOControlType;
  tty_info?: TTYInfo;
  heartbeat?: AgentProcessIOControlHeartbeat;
}
export const AgentProcessIOControl: MessageType<AgentProcessIOControl> = messageType('mesos.v1.agent.ProcessIO.Control');

export type AgentProcessIOControlType =
  | 'UNKNOWN'
  | 'TTY_INFO'
  | 'HEARTBEAT';

export interface AgentProcessIOControlHeartbeat {
  interval?: DurationInfo;
}
export const AgentProcessIOControlHeartbeat: MessageType<AgentProcessIOControlHeartbeat> = messageType('mesos.v1.agent.ProcessIO.Control.Heartbeat');

export interface InverseOfferStatus {
  status: InverseOfferStatusStatus;
  framework_id: FrameworkID;
  timestamp: TimeInfo;
}
export const InverseOfferStatus: MessageType<InverseOfferStatus> = messageType('mesos.v1.allocator.InverseOfferStatus');

export type InverseOfferStatusStatus =
  | 'UNKNOWN'
  | 'ACCEPT'
  | 'DECLINE';

export interface ExecutorEvent {
  type?: ExecutorEventType;
  subscribed?: ExecutorEventSubscribed;
  acknowledged?: ExecutorEventAcknowledged;
  launch?: ExecutorEventLaunch;
  kill?: ExecutorEventKill;
  message?: ExecutorEventMessage;
  error?: ExecutorEventError;
  launch_group?: ExecutorEventLaunchGroup;
}
export const ExecutorEvent: MessageType<ExecutorEvent> = messageType('mesos.v1.executor.Event');

export type ExecutorEventType =
  | 'UNKNOWN'
  | 'SUBSCRIBED'
  | 'LAUNCH'
  | 'KILL'
  | 'ACKNOWLEDGED'
  | 'MESSAGE'
  | 'ERROR'
  | 'SHUTDOWN'
  | 'LAUNCH_GROUP'
  | 'HEARTBEAT';

export interface ExecutorEventSubscribed {
  executor_info: ExecutorInfo;
  framework_info: FrameworkInfo;
  agent_info: AgentInfo;
  container_id?: ContainerID;
}
export const ExecutorEventSubscribed: MessageType<ExecutorEventSubscribed> = messageType('mesos.v1.executor.Event.Subscribed');

export interface ExecutorEventLaunch {
  task: TaskInfo;
}
export const ExecutorEventLaunch: MessageType<ExecutorEventLaunch> = messageType('mesos.v1.executor.Event.Launch');

export interface ExecutorEventLaunchGroup {
  task_group: TaskGroupInfo;
}
export const ExecutorEventLaunchGroup: MessageType<ExecutorEventLaunchGroup> = messageType('mesos.v1.executor.Event.LaunchGroup');

export interface ExecutorEventKill {
  task_id: TaskID;
  kill_policy?: KillPolicy;
}
export const ExecutorEventKill: MessageType<ExecutorEventKill> = messageType('mesos.v1.executor.Event.Kill');

export interface ExecutorEventAcknowledged {
  task_id: TaskID;
  /** Base64. */
  uuid: string;
}
export const ExecutorEventAcknowledged: MessageType<ExecutorEventAcknowledged> = messageType('mesos.v1.executor.Event.Acknowledged');

export interface ExecutorEventMessage {
  /** Base64. */
  data: string;
}
export const ExecutorEventMessage: MessageType<ExecutorEventMessage> = messageType('mesos.v1.executor.Event.Message');

export interface ExecutorEventError {
  message: string;
}
export const ExecutorEventError: MessageType<ExecutorEventError> = messageType('mesos.v1.executor.Event.Error');

export interface ExecutorCall {
  executor_id: ExecutorID;
  framework_id: FrameworkID;
  type?: ExecutorCallType;
  subscribe?: ExecutorCallSubscribe;
  update?: ExecutorCallUpdate;
  message?: ExecutorCallMessage;
}
export const ExecutorCall: MessageType<ExecutorCall> = messageType('mesos.v1.executor.Call');

export type ExecutorCallType =
  | 'UNKNOWN'
  | 'SUBSCRIBE'
  | 'UPDATE'
  | 'MESSAGE'
  | 'HEARTBEAT';

export interface ExecutorCallSubscribe {
  unacknowledged_tasks?: TaskInfo[];
  unacknowledged_updates?: ExecutorCallUpdate[];
}
export const ExecutorCallSubscribe: MessageType<ExecutorCallSubscribe> = messageType('mesos.v1.executor.Call.Subscribe');

export interface ExecutorCallUpdate {
  status: TaskStatus;
}
export const ExecutorCallUpdate: MessageType<ExecutorCallUpdate> = messageType('mesos.v1.executor.Call.Update');

export interface ExecutorCallMessage {
  /** Base64. */
  data: string;
}
export const ExecutorCallMessage: MessageType<ExecutorCallMessage> = messageType('mesos.v1.executor.Call.Message');

export interface MaintenanceWindow {
  machine_ids?: MachineID[];
  unavailability: Unavailability;
}
export const MaintenanceWindow: MessageType<MaintenanceWindow> = messageType('mesos.v1.maintenance.Window');

export interface MaintenanceSchedule {
  windows?: MaintenanceWindow[];
}
export const MaintenanceSchedule: MessageType<MaintenanceSchedule> = messageType('mesos.v1.maintenance.Schedule');

export interface MaintenanceClusterStatus {
  draining_machines?: MaintenanceClusterStatusDrainingMachine[];
  down_machines?: MachineID[];
}
export const MaintenanceClusterStatus: MessageType<MaintenanceClusterStatus> = messageType('mesos.v1.maintenance.ClusterStatus');

export interface MaintenanceClusterStatusDrainingMachine {
  id: MachineID;
  statuses?: InverseOfferStatus[];
}
export const MaintenanceClusterStatusDrainingMachine: MessageType<MaintenanceClusterStatusDrainingMachine> = messageType('mesos.v1.maintenance.ClusterStatus.DrainingMachine');

export interface MasterCall {
  type?: MasterCallType;
  get_metrics?: MasterCallGetMetrics;
  set_logging_level?: MasterCallSetLoggingLevel;
  list_files?: MasterCallListFiles;
  read_file?: MasterCallReadFile;
  update_weights?: MasterCallUpdateWeights;
  reserve_resources?: MasterCallReserveResources;
  unreserve_resources?: MasterCallUnreserveResources;
  create_volumes?: MasterCallCreateVolumes;
  destroy_volumes?: MasterCallDestroyVolumes;
  update_maintenance_schedule?: MasterCallUpdateMaintenanceSchedule;
  start_maintenance?: MasterCallStartMaintenance;
  stop_maintenance?: MasterCallStopMaintenance;
  /** @deprecated */
  set_quota?: MasterCallSetQuota;
  /** @deprecated */
  remove_quota?: MasterCallRemoveQuota;
  teardown?: MasterCallTeardown;
  mark_agent_gone?: MasterCallMarkAgentGone;
  grow_volume?: MasterCallGrowVolume;
  shrink_volume?: MasterCallShrinkVolume;
  update_quota?: MasterCallUpdateQuota;
  drain_agent?: MasterCallDrainAgent;
  deactivate_agent?: MasterCallDeactivateAgent;
  reactivate_agent?: MasterCallReactivateAgent;
}
export const MasterCall: MessageType<MasterCall> = messageType('mesos.v1.master.Call');

export type MasterCallType =
  | 'UNKNOWN'
  | 'GET_HEALTH'
  | 'GET_FLAGS'
  | 'GET_VERSION'
  | 'GET_METRICS'
  | 'GET_LOGGING_LEVEL'
  | 'SET_LOGGING_LEVEL'
  | 'LIST_FILES'
  | 'READ_FILE'
  | 'GET_STATE'
  | 'GET_AGENTS'
  | 'GET_FRAMEWORKS'
  | 'GET_EXECUTORS'
  | 'GET_TASKS'
  | 'GET_ROLES'
  | 'GET_WEIGHTS'
  | 'UPDATE_WEIGHTS'
  | 'GET_MASTER'
  | 'SUBSCRIBE'
  | 'RESERVE_RESOURCES'
  | 'UNRESERVE_RESOURCES'
  | 'CREATE_VOLUMES'
  | 'DESTROY_VOLUMES'
  | 'GET_MAINTENANCE_STATUS'
  | 'GET_MAINTENANCE_SCHEDULE'
  | 'UPDATE_MAINTENANCE_SCHEDULE'
  | 'START_MAINTENANCE'
  | 'STOP_MAINTENANCE'
  | 'GET_QUOTA'
  | 'SET_QUOTA'
  | 'REMOVE_QUOTA'
  | 'TEARDOWN'
  | 'MARK_AGENT_GONE'
  | 'GET_OPERATIONS'
  | 'GROW_VOLUME'
  | 'SHRINK_VOLUME'
  | 'UPDATE_QUOTA'
  | 'DRAIN_AGENT'
  | 'DEACTIVATE_AGENT'
  | 'REACTIVATE_AGENT';

export interface MasterCallGetMetrics {
  timeout?: DurationInfo;
}
export const MasterCallGetMetrics: MessageType<MasterCallGetMetrics> = messageType('mesos.v1.master.Call.GetMetrics');

export interface MasterCallSetLoggingLevel {
  level: number;
  duration: DurationInfo;
}
export const MasterCallSetLoggingLevel: MessageType<MasterCallSetLoggingLevel> = messageType('mesos.v1.master.Call.SetLoggingLevel');

export interface MasterCallListFiles {
  path: string;
}
export const MasterCallListFiles: MessageType<MasterCallListFiles> = messageType('mesos.v1.master.Call.ListFiles');

export interface MasterCallReadFile {
  path: string;
  offset: number;
  length?: number;
}
export const MasterCallReadFile: MessageType<MasterCallReadFile> = messageType('mesos.v1.master.Call.ReadFile');

export interface MasterCallUpdateWeights {
  weight_infos?: WeightInfo[];
}
export const MasterCallUpdateWeights: MessageType<MasterCallUpdateWeights> = messageType('mesos.v1.master.Call.UpdateWeights');

export interface MasterCallReserveResources {
  agent_id: AgentID;
  resources?: Resource[];
  source?: Resource[];
}
export const MasterCallReserveResources: MessageType<MasterCallReserveResources> = messageType('mesos.v1.master.Call.ReserveResources');

export interface MasterCallUnreserveResources {
  agent_id: AgentID;
  resources?: Resource[];
}
export const MasterCallUnreserveResources: MessageType<MasterCallUnreserveResources> = messageType('mesos.v1.master.Call.UnreserveResources');

export interface MasterCallCreateVolumes {
  agent_id: AgentID;
  volumes?: Resource[];
}
export const MasterCallCreateVolumes: MessageType<MasterCallCreateVolumes> = messageType('mesos.v1.master.Call.CreateVolumes');

export interface MasterCallDestroyVolumes {
  agent_id: AgentID;
  volumes?: Resource[];
}
export const MasterCallDestroyVolumes: MessageType<MasterCallDestroyVolumes> = messageType('mesos.v1.master.Call.DestroyVolumes');

export interface MasterCallGrowVolume {
  agent_id?: AgentID;
  volume: Resource;
  addition: Resource;
}
export const MasterCallGrowVolume: MessageType<MasterCallGrowVolume> = messageType('mesos.v1.master.Call.GrowVolume');

export interface MasterCallShrinkVolume {
  agent_id?: AgentID;
  volume: Resource;
  subtract: ValueScalar;
}
export const MasterCallShrinkVolume: MessageType<MasterCallShrinkVolume> = messageType('mesos.v1.master.Call.ShrinkVolume');

export interface MasterCallUpdateMaintenanceSchedule {
  schedule: MaintenanceSchedule;
}
export const MasterCallUpdateMaintenanceSchedule: MessageType<MasterCallUpdateMaintenanceSchedule> = messageType('mesos.v1.master.Call.UpdateMaintenanceSchedule');

export interface MasterCallStartMaintenance {
  machines?: MachineID[];
}
export const MasterCallStartMaintenance: MessageType<MasterCallStartMaintenance> = messageType('mesos.v1.master.Call.StartMaintenance');

export interface MasterCallStopMaintenance {
  machines?: MachineID[];
}
export const MasterCallStopMaintenance: MessageType<MasterCallStopMaintenance> = messageType('mesos.v1.master.Call.StopMaintenance');

export interface MasterCallDrainAgent {
  agent_id: AgentID;
  max_grace_period?: ProtobufDuration;
  /** Default: false. */
  mark_gone?: boolean;
}
export const MasterCallDrainAgent: MessageType<MasterCallDrainAgent> = messageType('mesos.v1.master.Call.DrainAgent');

export interface MasterCallDeactivateAgent {
  agent_id: AgentID;
}
export const MasterCallDeactivateAgent: MessageType<MasterCallDeactivateAgent> = messageType('mesos.v1.master.Call.DeactivateAgent');

export interface MasterCallReactivateAgent {
  agent_id: AgentID;
}
export const MasterCallReactivateAgent: MessageType<MasterCallReactivateAgent> = messageType('mesos.v1.master.Call.ReactivateAgent');

export interface MasterCallUpdateQuota {
  force?: boolean;
  quota_configs?: QuotaConfig[];
}
export const MasterCallUpdateQuota: MessageType<MasterCallUpdateQuota> = messageType('mesos.v1.master.Call.UpdateQuota');

export interface MasterCallSetQuota {
  quota_request: QuotaRequest;
}
export const MasterCallSetQuota: MessageType<MasterCallSetQuota> = messageType('mesos.v1.master.Call.SetQuota');

export interface MasterCallRemoveQuota {
  role: string;
}
export const MasterCallRemoveQuota: MessageType<MasterCallRemoveQuota> = messageType('mesos.v1.master.Call.RemoveQuota');

export interface MasterCallTeardown {
  framework_id: FrameworkID;
}
export const MasterCallTeardown: MessageType<MasterCallTeardown> = messageType('mesos.v1.master.Call.Teardown');

export interface MasterCallMarkAgentGone {
  agent_id: AgentID;
}
export const MasterCallMarkAgentGone: MessageType<MasterCallMarkAgentGone> = messageType('mesos.v1.master.Call.MarkAgentGone');

export interface MasterResponse {
  type?: MasterResponseType;
  get_health?: MasterResponseGetHealth;
  get_flags?: MasterResponseGetFlags;
  get_version?: MasterResponseGetVersion;
  get_metrics?: MasterResponseGetMetrics;
  get_logging_level?: MasterResponseGetLoggingLevel;
  list_files?: MasterResponseListFiles;
  read_file?: MasterResponseReadFile;
  get_state?: MasterResponseGetState;
  get_agents?: MasterResponseGetAgents;
  get_frameworks?: MasterResponseGetFrameworks;
  get_executors?: MasterResponseGetExecutors;
  get_tasks?: MasterResponseGetTasks;
  get_roles?: MasterResponseGetRoles;
  get_weights?: MasterResponseGetWeights;
  get_master?: MasterResponseGetMaster;
  get_maintenance_status?: MasterResponseGetMaintenanceStatus;
  get_maintenance_schedule?: MasterResponseGetMaintenanceSchedule;
  get_quota?: MasterResponseGetQuota;
  get_operations?: MasterResponseGetOperations;
}
export const MasterResponse: MessageType<MasterResponse> = messageType('mesos.v1.master.Response');

export type MasterResponseType =
  | 'UNKNOWN'
  | 'GET_HEALTH'
  | 'GET_FLAGS'
  | 'GET_VERSION'
  | 'GET_METRICS'
  | 'GET_LOGGING_LEVEL'
  | 'LIST_FILES'
  | 'READ_FILE'
  | 'GET_STATE'
  | 'GET_AGENTS'
  | 'GET_FRAMEWORKS'
  | 'GET_EXECUTORS'
  | 'GET_TASKS'
  | 'GET_ROLES'
  | 'GET_WEIGHTS'
  | 'GET_MASTER'
  | 'GET_MAINTENANCE_STATUS'
  | 'GET_MAINTENANCE_SCHEDULE'
  | 'GET_QUOTA'
  | 'GET_OPERATIONS';

export interface MasterResponseGetHealth {
  healthy: boolean;
}
export const MasterResponseGetHealth: MessageType<MasterResponseGetHealth> = messageType('mesos.v1.master.Response.GetHealth');

export interface MasterResponseGetFlags {
  flags?: Flag[];
}
export const MasterResponseGetFlags: MessageType<MasterResponseGetFlags> = messageType('mesos.v1.master.Response.GetFlags');

export interface MasterResponseGetVersion {
  version_info: VersionInfo;
}
export const MasterResponseGetVersion: MessageType<MasterResponseGetVersion> = messageType('mesos.v1.master.Response.GetVersion');

export interface MasterResponseGetMetrics {
  metrics?: Metric[];
}
export const MasterResponseGetMetrics: MessageType<MasterResponseGetMetrics> = messageType('mesos.v1.master.Response.GetMetrics');

export interface MasterResponseGetLoggingLevel {
  level: number;
}
export const MasterResponseGetLoggingLevel: MessageType<MasterResponseGetLoggingLevel> = messageType('mesos.v1.master.Response.GetLoggingLevel');

export interface MasterResponseListFiles {
  file_infos?: FileInfo[];
}
export const MasterResponseListFiles: MessageType<MasterResponseListFiles> = messageType('mesos.v1.master.Response.ListFiles');

export interface MasterResponseReadFile {
  size: number;
  /** Base64. */
  data: string;
}
export const MasterResponseReadFile: MessageType<MasterResponseReadFile> = messageType('mesos.v1.master.Response.ReadFile');

export interface MasterResponseGetState {
  get_tasks?: MasterResponseGetTasks;
  get_executors?: MasterResponseGetExecutors;
  get_frameworks?: MasterResponseGetFrameworks;
  get_agents?: MasterResponseGetAgents;
}
export const MasterResponseGetState: MessageType<MasterResponseGetState> = messageType('mesos.v1.master.Response.GetState');

export interface MasterResponseGetAgents {
  agents?: MasterResponseGetAgentsAgent[];
  recovered_agents?: AgentInfo[];
}
export const MasterResponseGetAgents: MessageType<MasterResponseGetAgents> = messageType('mesos.v1.master.Response.GetAgents');

export interface MasterResponseGetAgentsAgent {
  agent_info: AgentInfo;
  active: boolean;
  version: string;
  pid?: string;
  registered_time?: TimeInfo;
  reregistered_time?: TimeInfo;
  total_resources?: Resource[];
  allocated_resources?: Resource[];
  offered_resources?: Resource[];
  capabilities?: AgentInfoCapability[];
  resource_providers?: MasterResponseGetAgentsAgentResourceProvider[];
  deactivated?: boolean;
  drain_info?: DrainInfo;
  estimated_drain_start_time?: TimeInfo;
  executor_use?: MasterResponseGetAgentsAgentExecutorUse[];
}
export const MasterResponseGetAgentsAgent: MessageType<MasterResponseGetAgentsAgent> = messageType('mesos.v1.master.Response.GetAgents.Agent');

export interface MasterResponseGetAgentsAgentResourceProvider {
  resource_provider_info: ResourceProviderInfo;
  total_resources?: Resource[];
}
export const MasterResponseGetAgentsAgentResourceProvider: MessageType<MasterResponseGetAgentsAgentResourceProvider> = messageType('mesos.v1.master.Response.GetAgents.Agent.ResourceProvider');

/** Meseta's own: what the executors of one framework hold on the agent, without their tasks. */
export interface MasterResponseGetAgentsAgentExecutorUse {
  framework_id: FrameworkID;
  resources?: Resource[];
}
export const MasterResponseGetAgentsAgentExecutorUse: MessageType<MasterResponseGetAgentsAgentExecutorUse> = messageType('mesos.v1.master.Response.GetAgents.Agent.ExecutorUse');

export interface MasterResponseGetFrameworks {
  frameworks?: MasterResponseGetFrameworksFramework[];
  completed_frameworks?: MasterResponseGetFrameworksFramework[];
  /** @deprecated */
  recovered_frameworks?: FrameworkInfo[];
}
export const MasterResponseGetFrameworks: MessageType<MasterResponseGetFrameworks> = messageType('mesos.v1.master.Response.GetFrameworks');

export interface MasterResponseGetFrameworksFramework {
  framework_info: FrameworkInfo;
  active: boolean;
  connected: boolean;
  registered_time?: TimeInfo;
  reregistered_time?: TimeInfo;
  unregistered_time?: TimeInfo;
  offers?: Offer[];
  inverse_offers?: InverseOffer[];
  allocated_resources?: Resource[];
  offered_resources?: Resource[];
  recovered: boolean;
  offer_constraints?: SchedulerOfferConstraints;
}
export const MasterResponseGetFrameworksFramework: MessageType<MasterResponseGetFrameworksFramework> = messageType('mesos.v1.master.Response.GetFrameworks.Framework');

export interface MasterResponseGetExecutors {
  executors?: MasterResponseGetExecutorsExecutor[];
  /** @deprecated */
  orphan_executors?: MasterResponseGetExecutorsExecutor[];
}
export const MasterResponseGetExecutors: MessageType<MasterResponseGetExecutors> = messageType('mesos.v1.master.Response.GetExecutors');

export interface MasterResponseGetExecutorsExecutor {
  executor_info: ExecutorInfo;
  agent_id: AgentID;
}
export const MasterResponseGetExecutorsExecutor: MessageType<MasterResponseGetExecutorsExecutor> = messageType('mesos.v1.master.Response.GetExecutors.Executor');

export interface MasterResponseGetOperations {
  operations?: Operation[];
}
export const MasterResponseGetOperations: MessageType<MasterResponseGetOperations> = messageType('mesos.v1.master.Response.GetOperations');

export interface MasterResponseGetTasks {
  /** @deprecated */
  pending_tasks?: Task[];
  tasks?: Task[];
  completed_tasks?: Task[];
  /** @deprecated */
  orphan_tasks?: Task[];
  unreachable_tasks?: Task[];
}
export const MasterResponseGetTasks: MessageType<MasterResponseGetTasks> = messageType('mesos.v1.master.Response.GetTasks');

export interface MasterResponseGetRoles {
  roles?: Role[];
}
export const MasterResponseGetRoles: MessageType<MasterResponseGetRoles> = messageType('mesos.v1.master.Response.GetRoles');

export interface MasterResponseGetWeights {
  weight_infos?: WeightInfo[];
}
export const MasterResponseGetWeights: MessageType<MasterResponseGetWeights> = messageType('mesos.v1.master.Response.GetWeights');

export interface MasterResponseGetMaster {
  master_info?: MasterInfo;
  start_time?: number;
  elected_time?: number;
}
export const MasterResponseGetMaster: MessageType<MasterResponseGetMaster> = messageType('mesos.v1.master.Response.GetMaster');

export interface MasterResponseGetMaintenanceStatus {
  status: MaintenanceClusterStatus;
}
export const MasterResponseGetMaintenanceStatus: MessageType<MasterResponseGetMaintenanceStatus> = messageType('mesos.v1.master.Response.GetMaintenanceStatus');

export interface MasterResponseGetMaintenanceSchedule {
  schedule: MaintenanceSchedule;
}
export const MasterResponseGetMaintenanceSchedule: MessageType<MasterResponseGetMaintenanceSchedule> = messageType('mesos.v1.master.Response.GetMaintenanceSchedule');

export interface MasterResponseGetQuota {
  status: QuotaStatus;
}
export const MasterResponseGetQuota: MessageType<MasterResponseGetQuota> = messageType('mesos.v1.master.Response.GetQuota');

export interface MasterEvent {
  type?: MasterEventType;
  subscribed?: MasterEventSubscribed;
  task_added?: MasterEventTaskAdded;
  task_updated?: MasterEventTaskUpdated;
  agent_added?: MasterEventAgentAdded;
  agent_removed?: MasterEventAgentRemoved;
  framework_added?: MasterEventFrameworkAdded;
  framework_updated?: MasterEventFrameworkUpdated;
  framework_removed?: MasterEventFrameworkRemoved;
}
export const MasterEvent: MessageType<MasterEvent> = messageType('mesos.v1.master.Event');

export type MasterEventType =
  | 'UNKNOWN'
  | 'SUBSCRIBED'
  | 'TASK_ADDED'
  | 'TASK_UPDATED'
  | 'AGENT_ADDED'
  | 'AGENT_REMOVED'
  | 'FRAMEWORK_ADDED'
  | 'FRAMEWORK_UPDATED'
  | 'FRAMEWORK_REMOVED'
  | 'HEARTBEAT';

export interface MasterEventSubscribed {
  get_state?: MasterResponseGetState;
  heartbeat_interval_seconds?: number;
}
export const MasterEventSubscribed: MessageType<MasterEventSubscribed> = messageType('mesos.v1.master.Event.Subscribed');

export interface MasterEventTaskAdded {
  task: Task;
}
export const MasterEventTaskAdded: MessageType<MasterEventTaskAdded> = messageType('mesos.v1.master.Event.TaskAdded');

export interface MasterEventTaskUpdated {
  framework_id: FrameworkID;
  status: TaskStatus;
  state: TaskState;
}
export const MasterEventTaskUpdated: MessageType<MasterEventTaskUpdated> = messageType('mesos.v1.master.Event.TaskUpdated');

export interface MasterEventFrameworkAdded {
  framework: MasterResponseGetFrameworksFramework;
}
export const MasterEventFrameworkAdded: MessageType<MasterEventFrameworkAdded> = messageType('mesos.v1.master.Event.FrameworkAdded');

export interface MasterEventFrameworkUpdated {
  framework: MasterResponseGetFrameworksFramework;
}
export const MasterEventFrameworkUpdated: MessageType<MasterEventFrameworkUpdated> = messageType('mesos.v1.master.Event.FrameworkUpdated');

export interface MasterEventFrameworkRemoved {
  framework_info: FrameworkInfo;
}
export const MasterEventFrameworkRemoved: MessageType<MasterEventFrameworkRemoved> = messageType('mesos.v1.master.Event.FrameworkRemoved');

export interface MasterEventAgentAdded {
  agent: MasterResponseGetAgentsAgent;
}
export const MasterEventAgentAdded: MessageType<MasterEventAgentAdded> = messageType('mesos.v1.master.Event.AgentAdded');

export interface MasterEventAgentRemoved {
  agent_id: AgentID;
}
export const MasterEventAgentRemoved: MessageType<MasterEventAgentRemoved> = messageType('mesos.v1.master.Event.AgentRemoved');

export type Status =
  | 'DRIVER_NOT_STARTED'
  | 'DRIVER_RUNNING'
  | 'DRIVER_ABORTED'
  | 'DRIVER_STOPPED';

/** States of a task. STAGING to RUNNING and KILLING are live, UNREACHABLE may come back, the rest are final. */
export type TaskState =
  | 'TASK_STARTING'
  | 'TASK_RUNNING'
  | 'TASK_FINISHED'
  | 'TASK_FAILED'
  | 'TASK_KILLED'
  | 'TASK_LOST'
  | 'TASK_STAGING'
  | 'TASK_ERROR'
  | 'TASK_KILLING'
  | 'TASK_DROPPED'
  | 'TASK_UNREACHABLE'
  | 'TASK_GONE'
  | 'TASK_GONE_BY_OPERATOR'
  | 'TASK_UNKNOWN';

export type OperationState =
  | 'OPERATION_UNSUPPORTED'
  | 'OPERATION_PENDING'
  | 'OPERATION_FINISHED'
  | 'OPERATION_FAILED'
  | 'OPERATION_ERROR'
  | 'OPERATION_DROPPED'
  | 'OPERATION_UNREACHABLE'
  | 'OPERATION_GONE_BY_OPERATOR'
  | 'OPERATION_RECOVERING'
  | 'OPERATION_UNKNOWN';

export type DrainState =
  | 'UNKNOWN'
  | 'DRAINING'
  | 'DRAINED';

/** Given by the master at the first SUBSCRIBE: `<master id>-<number>`. */
export interface FrameworkID {
  value: WireId<'framework'>;
}
export const FrameworkID: MessageType<FrameworkID> = messageType('mesos.v1.FrameworkID');

/** `<master id>-O<number>`. */
export interface OfferID {
  value: WireId<'offer'>;
}
export const OfferID: MessageType<OfferID> = messageType('mesos.v1.OfferID');

/** Given by the master at the first registration: `<master id>-S<number>`. */
export interface AgentID {
  value: WireId<'agent'>;
}
export const AgentID: MessageType<AgentID> = messageType('mesos.v1.AgentID');

/** Chosen by the framework; unique among its live tasks. Becomes a directory name. */
export interface TaskID {
  value: WireId<'task'>;
}
export const TaskID: MessageType<TaskID> = messageType('mesos.v1.TaskID');

/** Chosen by the framework; unique on an agent. Becomes a directory name. */
export interface ExecutorID {
  value: WireId<'executor'>;
}
export const ExecutorID: MessageType<ExecutorID> = messageType('mesos.v1.ExecutorID');

/** Chosen by the agent for executors, by the caller for nested containers, which name their parent. */
export interface ContainerID {
  value: WireId<'container'>;
  parent?: ContainerID;
}
export const ContainerID: MessageType<ContainerID> = messageType('mesos.v1.ContainerID');

export interface ResourceProviderID {
  value: string;
}
export const ResourceProviderID: MessageType<ResourceProviderID> = messageType('mesos.v1.ResourceProviderID');

export interface OperationID {
  value: WireId<'operation'>;
}
export const OperationID: MessageType<OperationID> = messageType('mesos.v1.OperationID');

export interface TimeInfo {
  nanoseconds: number;
}
export const TimeInfo: MessageType<TimeInfo> = messageType('mesos.v1.TimeInfo');

export interface DurationInfo {
  nanoseconds: number;
}
export const DurationInfo: MessageType<DurationInfo> = messageType('mesos.v1.DurationInfo');

export interface Address {
  hostname?: string;
  ip?: string;
  port: number;
}
export const Address: MessageType<Address> = messageType('mesos.v1.Address');

export interface URL {
  scheme: string;
  address: Address;
  path?: string;
  query?: Parameter[];
  fragment?: string;
}
export const URL: MessageType<URL> = messageType('mesos.v1.URL');

/** When a machine will be unavailable, and for how long (for good when unset). */
export interface Unavailability {
  start: TimeInfo;
  duration?: DurationInfo;
}
export const Unavailability: MessageType<Unavailability> = messageType('mesos.v1.Unavailability');

export interface MachineID {
  hostname?: string;
  ip?: string;
}
export const MachineID: MessageType<MachineID> = messageType('mesos.v1.MachineID');

export interface MachineInfo {
  id: MachineID;
  mode?: MachineInfoMode;
  unavailability?: Unavailability;
}
export const MachineInfo: MessageType<MachineInfo> = messageType('mesos.v1.MachineInfo');

export type MachineInfoMode =
  | 'UP'
  | 'DRAINING'
  | 'DOWN';

/** What a framework says of itself when it subscribes. */
export interface FrameworkInfo {
  user: string;
  name: string;
  id?: FrameworkID;
  /** Default: 0. */
  failover_timeout?: number;
  /** Default: false. */
  checkpoint?: boolean;
  /** Default: *. @deprecated */
  role?: string;
  hostname?: string;
  principal?: string;
  webui_url?: string;
  capabilities?: FrameworkInfoCapability[];
  labels?: Labels;
  roles?: string[];
  offer_filters?: Record<string, OfferFilters>;
}
export const FrameworkInfo: MessageType<FrameworkInfo> = messageType('mesos.v1.FrameworkInfo');

export interface FrameworkInfoCapability {
  type?: FrameworkInfoCapabilityType;
}
export const FrameworkInfoCapability: MessageType<FrameworkInfoCapability> = messageType('mesos.v1.FrameworkInfo.Capability');

export type FrameworkInfoCapabilityType =
  | 'UNKNOWN'
  | 'REVOCABLE_RESOURCES'
  | 'TASK_KILLING_STATE'
  | 'GPU_RESOURCES'
  | 'SHARED_RESOURCES'
  | 'PARTITION_AWARE'
  | 'MULTI_ROLE'
  | 'RESERVATION_REFINEMENT'
  | 'REGION_AWARE';

/** Reports what a check found; never kills. */
export interface CheckInfo {
  type?: CheckInfoType;
  command?: CheckInfoCommand;
  http?: CheckInfoHttp;
  /** Default: 15. */
  delay_seconds?: number;
  /** Default: 10. */
  interval_seconds?: number;
  /** Default: 20. */
  timeout_seconds?: number;
  tcp?: CheckInfoTcp;
}
export const CheckInfo: MessageType<CheckInfo> = messageType('mesos.v1.CheckInfo');

export type CheckInfoType =
  | 'UNKNOWN'
  | 'COMMAND'
  | 'HTTP'
  | 'TCP';

export interface CheckInfoCommand {
  command: CommandInfo;
}
export const CheckInfoCommand: MessageType<CheckInfoCommand> = messageType('mesos.v1.CheckInfo.Command');

export interface CheckInfoHttp {
  port: number;
  path?: string;
}
export const CheckInfoHttp: MessageType<CheckInfoHttp> = messageType('mesos.v1.CheckInfo.Http');

export interface CheckInfoTcp {
  port: number;
}
export const CheckInfoTcp: MessageType<CheckInfoTcp> = messageType('mesos.v1.CheckInfo.Tcp');

/** Kills a task that stays unhealthy. */
export interface HealthCheck {
  http?: HealthCheckHTTPCheckInfo;
  /** Default: 15. */
  delay_seconds?: number;
  /** Default: 10. */
  interval_seconds?: number;
  /** Default: 20. */
  timeout_seconds?: number;
  /** Default: 3. */
  consecutive_failures?: number;
  /** Default: 10. */
  grace_period_seconds?: number;
  command?: CommandInfo;
  type?: HealthCheckType;
  tcp?: HealthCheckTCPCheckInfo;
}
export const HealthCheck: MessageType<HealthCheck> = messageType('mesos.v1.HealthCheck');

export type HealthCheckType =
  | 'UNKNOWN'
  | 'COMMAND'
  | 'HTTP'
  | 'TCP';

export interface HealthCheckHTTPCheckInfo {
  port: number;
  path?: string;
  scheme?: string;
  statuses?: number[];
  /** Default: IPv4. */
  protocol?: NetworkInfoProtocol;
}
export const HealthCheckHTTPCheckInfo: MessageType<HealthCheckHTTPCheckInfo> = messageType('mesos.v1.HealthCheck.HTTPCheckInfo');

export interface HealthCheckTCPCheckInfo {
  port: number;
  /** Default: IPv4. */
  protocol?: NetworkInfoProtocol;
}
export const HealthCheckTCPCheckInfo: MessageType<HealthCheckTCPCheckInfo> = messageType('mesos.v1.HealthCheck.TCPCheckInfo');

/** How long a task may take between SIGTERM and SIGKILL. */
export interface KillPolicy {
  grace_period?: DurationInfo;
}
export const KillPolicy: MessageType<KillPolicy> = messageType('mesos.v1.KillPolicy');

/** What to run: a line for `/bin/sh -c`, or with `shell` false a program and its argument vector. */
export interface CommandInfo {
  uris?: CommandInfoURI[];
  environment?: Environment;
  value?: string;
  container?: CommandInfoContainerInfo;
  user?: string;
  /** Default: true. */
  shell?: boolean;
  arguments?: string[];
}
export const CommandInfo: MessageType<CommandInfo> = messageType('mesos.v1.CommandInfo');

export interface CommandInfoURI {
  value: string;
  executable?: boolean;
  /** Default: true. */
  extract?: boolean;
  cache?: boolean;
  output_file?: string;
}
export const CommandInfoURI: MessageType<CommandInfoURI> = messageType('mesos.v1.CommandInfo.URI');

/** An image for the program of an external containerizer. Newer frameworks say it in ContainerInfo. */
export interface CommandInfoContainerInfo {
  image: string;
  options?: string[];
}
export const CommandInfoContainerInfo: MessageType<CommandInfoContainerInfo> = messageType('mesos.v1.CommandInfo.ContainerInfo');

/** A program that runs tasks of one framework on an agent. */
export interface ExecutorInfo {
  executor_id: ExecutorID;
  /** Base64. */
  data?: string;
  resources?: Resource[];
  command?: CommandInfo;
  framework_id?: FrameworkID;
  name?: string;
  /** @deprecated */
  source?: string;
  container?: ContainerInfo;
  discovery?: DiscoveryInfo;
  shutdown_grace_period?: DurationInfo;
  labels?: Labels;
  type?: ExecutorInfoType;
}
export const ExecutorInfo: MessageType<ExecutorInfo> = messageType('mesos.v1.ExecutorInfo');

export type ExecutorInfoType =
  | 'UNKNOWN'
  | 'DEFAULT'
  | 'CUSTOM';

export interface DomainInfo {
  fault_domain?: DomainInfoFaultDomain;
}
export const DomainInfo: MessageType<DomainInfo> = messageType('mesos.v1.DomainInfo');

export interface DomainInfoFaultDomain {
  region: DomainInfoFaultDomainRegionInfo;
  zone: DomainInfoFaultDomainZoneInfo;
}
export const DomainInfoFaultDomain: MessageType<DomainInfoFaultDomain> = messageType('mesos.v1.DomainInfo.FaultDomain');

export interface DomainInfoFaultDomainRegionInfo {
  name: string;
}
export const DomainInfoFaultDomainRegionInfo: MessageType<DomainInfoFaultDomainRegionInfo> = messageType('mesos.v1.DomainInfo.FaultDomain.RegionInfo');

export interface DomainInfoFaultDomainZoneInfo {
  name: string;
}
export const DomainInfoFaultDomainZoneInfo: MessageType<DomainInfoFaultDomainZoneInfo> = messageType('mesos.v1.DomainInfo.FaultDomain.ZoneInfo');

/** How to reach a master. */
export interface MasterInfo {
  id: string;
  ip: number;
  /** Default: 5050. */
  port: number;
  pid?: string;
  hostname?: string;
  version?: string;
  address?: Address;
  domain?: DomainInfo;
  capabilities?: MasterInfoCapability[];
}
export const MasterInfo: MessageType<MasterInfo> = messageType('mesos.v1.MasterInfo');

export interface MasterInfoCapability {
  type?: MasterInfoCapabilityType;
}
export const MasterInfoCapability: MessageType<MasterInfoCapability> = messageType('mesos.v1.MasterInfo.Capability');

export type MasterInfoCapabilityType =
  | 'UNKNOWN'
  | 'AGENT_UPDATE'
  | 'AGENT_DRAINING'
  | 'QUOTA_V2';

/** What an agent says of itself when it registers. Called SlaveInfo in v0. */
export interface AgentInfo {
  hostname: string;
  resources?: Resource[];
  attributes?: Attribute[];
  id?: AgentID;
  /** Default: false. */
  checkpoint?: boolean;
  /** Default: 5051. */
  port?: number;
  domain?: DomainInfo;
}
export const AgentInfo: MessageType<AgentInfo> = messageType('mesos.v1.AgentInfo');

export interface AgentInfoCapability {
  type?: AgentInfoCapabilityType;
}
export const AgentInfoCapability: MessageType<AgentInfoCapability> = messageType('mesos.v1.AgentInfo.Capability');

export type AgentInfoCapabilityType =
  | 'UNKNOWN'
  | 'MULTI_ROLE'
  | 'HIERARCHICAL_ROLE'
  | 'RESERVATION_REFINEMENT'
  | 'RESOURCE_PROVIDER'
  | 'RESIZE_VOLUME'
  | 'AGENT_OPERATION_FEEDBACK'
  | 'AGENT_DRAINING'
  | 'TASK_RESOURCE_LIMITS'
  | 'SHARED_PORTS'
  | 'PROXY_TOKENS';

export interface CSIPluginContainerInfo {
  services?: CSIPluginContainerInfoService[];
  command?: CommandInfo;
  resources?: Resource[];
  container?: ContainerInfo;
}
export const CSIPluginContainerInfo: MessageType<CSIPluginContainerInfo> = messageType('mesos.v1.CSIPluginContainerInfo');

export type CSIPluginContainerInfoService =
  | 'UNKNOWN'
  | 'CONTROLLER_SERVICE'
  | 'NODE_SERVICE';

export interface CSIPluginEndpoint {
  csi_service: CSIPluginContainerInfoService;
  endpoint: string;
}
export const CSIPluginEndpoint: MessageType<CSIPluginEndpoint> = messageType('mesos.v1.CSIPluginEndpoint');

export interface CSIPluginInfo {
  type: string;
  /** Default: default. */
  name?: string;
  containers?: CSIPluginContainerInfo[];
  endpoints?: CSIPluginEndpoint[];
  target_path_root?: string;
  target_path_exists?: boolean;
}
export const CSIPluginInfo: MessageType<CSIPluginInfo> = messageType('mesos.v1.CSIPluginInfo');

export interface ResourceProviderInfo {
  id?: ResourceProviderID;
  attributes?: Attribute[];
  type: string;
  name: string;
  default_reservations?: ResourceReservationInfo[];
  storage?: ResourceProviderInfoStorage;
}
export const ResourceProviderInfo: MessageType<ResourceProviderInfo> = messageType('mesos.v1.ResourceProviderInfo');

export interface ResourceProviderInfoStorage {
  plugin: CSIPluginInfo;
  reconciliation_interval_seconds?: number;
}
export const ResourceProviderInfoStorage: MessageType<ResourceProviderInfoStorage> = messageType('mesos.v1.ResourceProviderInfo.Storage');

/** A number in thousandths, ranges of integers, a set of words, or text. */
export interface Value {
  type: ValueType;
  scalar?: ValueScalar;
  ranges?: ValueRanges;
  set?: ValueSet;
  text?: ValueText;
}
export const Value: MessageType<Value> = messageType('mesos.v1.Value');

export type ValueType =
  | 'SCALAR'
  | 'RANGES'
  | 'SET'
  | 'TEXT';

export interface ValueScalar {
  value: number;
}
export const ValueScalar: MessageType<ValueScalar> = messageType('mesos.v1.Value.Scalar');

export interface ValueRange {
  begin: number;
  end: number;
}
export const ValueRange: MessageType<ValueRange> = messageType('mesos.v1.Value.Range');

export interface ValueRanges {
  range?: ValueRange[];
}
export const ValueRanges: MessageType<ValueRanges> = messageType('mesos.v1.Value.Ranges');

export interface ValueSet {
  item?: string[];
}
export const ValueSet: MessageType<ValueSet> = messageType('mesos.v1.Value.Set');

export interface ValueText {
  value: string;
}
export const ValueText: MessageType<ValueText> = messageType('mesos.v1.Value.Text');

export interface Attribute {
  name: string;
  type: ValueType;
  scalar?: ValueScalar;
  ranges?: ValueRanges;
  text?: ValueText;
  set?: ValueSet;
}
export const Attribute: MessageType<Attribute> = messageType('mesos.v1.Attribute');

/** An amount of one named resource, with who may use it (`allocation_info`, `reservations`) and what it is made of (`disk`, `provider_id`). */
export interface Resource {
  name: string;
  type: ValueType;
  scalar?: ValueScalar;
  ranges?: ValueRanges;
  set?: ValueSet;
  /** Default: *. @deprecated */
  role?: string;
  disk?: ResourceDiskInfo;
  reservation?: ResourceReservationInfo;
  revocable?: ResourceRevocableInfo;
  shared?: ResourceSharedInfo;
  allocation_info?: ResourceAllocationInfo;
  provider_id?: ResourceProviderID;
  reservations?: ResourceReservationInfo[];
}
export const Resource: MessageType<Resource> = messageType('mesos.v1.Resource');

export interface ResourceAllocationInfo {
  role?: string;
}
export const ResourceAllocationInfo: MessageType<ResourceAllocationInfo> = messageType('mesos.v1.Resource.AllocationInfo');

export interface ResourceReservationInfo {
  principal?: string;
  labels?: Labels;
  role?: string;
  type?: ResourceReservationInfoType;
}
export const ResourceReservationInfo: MessageType<ResourceReservationInfo> = messageType('mesos.v1.Resource.ReservationInfo');

export type ResourceReservationInfoType =
  | 'UNKNOWN'
  | 'STATIC'
  | 'DYNAMIC';

export interface ResourceDiskInfo {
  persistence?: ResourceDiskInfoPersistence;
  volume?: Volume;
  source?: ResourceDiskInfoSource;
}
export const ResourceDiskInfo: MessageType<ResourceDiskInfo> = messageType('mesos.v1.Resource.DiskInfo');

export interface ResourceDiskInfoPersistence {
  id: string;
  principal?: string;
}
export const ResourceDiskInfoPersistence: MessageType<ResourceDiskInfoPersistence> = messageType('mesos.v1.Resource.DiskInfo.Persistence');

export interface ResourceDiskInfoSource {
  type: ResourceDiskInfoSourceType;
  path?: ResourceDiskInfoSourcePath;
  mount?: ResourceDiskInfoSourceMount;
  id?: string;
  metadata?: Labels;
  profile?: string;
  vendor?: string;
}
export const ResourceDiskInfoSource: MessageType<ResourceDiskInfoSource> = messageType('mesos.v1.Resource.DiskInfo.Source');

export type ResourceDiskInfoSourceType =
  | 'UNKNOWN'
  | 'PATH'
  | 'MOUNT'
  | 'BLOCK'
  | 'RAW';

export interface ResourceDiskInfoSourcePath {
  root?: string;
}
export const ResourceDiskInfoSourcePath: MessageType<ResourceDiskInfoSourcePath> = messageType('mesos.v1.Resource.DiskInfo.Source.Path');

export interface ResourceDiskInfoSourceMount {
  root?: string;
}
export const ResourceDiskInfoSourceMount: MessageType<ResourceDiskInfoSourceMount> = messageType('mesos.v1.Resource.DiskInfo.Source.Mount');

export interface ResourceRevocableInfo {}
export const ResourceRevocableInfo: MessageType<ResourceRevocableInfo> = messageType('mesos.v1.Resource.RevocableInfo');

export interface ResourceSharedInfo {}
export const ResourceSharedInfo: MessageType<ResourceSharedInfo> = messageType('mesos.v1.Resource.SharedInfo');

export interface TrafficControlStatistics {
  id: string;
  backlog?: number;
  bytes?: number;
  drops?: number;
  overlimits?: number;
  packets?: number;
  qlen?: number;
  ratebps?: number;
  ratepps?: number;
  requeues?: number;
}
export const TrafficControlStatistics: MessageType<TrafficControlStatistics> = messageType('mesos.v1.TrafficControlStatistics');

export interface IpStatistics {
  Forwarding?: number;
  DefaultTTL?: number;
  InReceives?: number;
  InHdrErrors?: number;
  InAddrErrors?: number;
  ForwDatagrams?: number;
  InUnknownProtos?: number;
  InDiscards?: number;
  InDelivers?: number;
  OutRequests?: number;
  OutDiscards?: number;
  OutNoRoutes?: number;
  ReasmTimeout?: number;
  ReasmReqds?: number;
  ReasmOKs?: number;
  ReasmFails?: number;
  FragOKs?: number;
  FragFails?: number;
  FragCreates?: number;
}
export const IpStatistics: MessageType<IpStatistics> = messageType('mesos.v1.IpStatistics');

export interface IcmpStatistics {
  InMsgs?: number;
  InErrors?: number;
  InCsumErrors?: number;
  InDestUnreachs?: number;
  InTimeExcds?: number;
  InParmProbs?: number;
  InSrcQuenchs?: number;
  InRedirects?: number;
  InEchos?: number;
  InEchoReps?: number;
  InTimestamps?: number;
  InTimestampReps?: number;
  InAddrMasks?: number;
  InAddrMaskReps?: number;
  OutMsgs?: number;
  OutErrors?: number;
  OutDestUnreachs?: number;
  OutTimeExcds?: number;
  OutParmProbs?: number;
  OutSrcQuenchs?: number;
  OutRedirects?: number;
  OutEchos?: number;
  OutEchoReps?: number;
  OutTimestamps?: number;
  OutTimestampReps?: number;
  OutAddrMasks?: number;
  OutAddrMaskReps?: number;
}
export const IcmpStatistics: MessageType<IcmpStatistics> = messageType('mesos.v1.IcmpStatistics');

export interface TcpStatistics {
  RtoAlgorithm?: number;
  RtoMin?: number;
  RtoMax?: number;
  MaxConn?: number;
  ActiveOpens?: number;
  PassiveOpens?: number;
  AttemptFails?: number;
  EstabResets?: number;
  CurrEstab?: number;
  InSegs?: number;
  OutSegs?: number;
  RetransSegs?: number;
  InErrs?: number;
  OutRsts?: number;
  InCsumErrors?: number;
}
export const TcpStatistics: MessageType<TcpStatistics> = messageType('mesos.v1.TcpStatistics');

export interface UdpStatistics {
  InDatagrams?: number;
  NoPorts?: number;
  InErrors?: number;
  OutDatagrams?: number;
  RcvbufErrors?: number;
  SndbufErrors?: number;
  InCsumErrors?: number;
  IgnoredMulti?: number;
}
export const UdpStatistics: MessageType<UdpStatistics> = messageType('mesos.v1.UdpStatistics');

export interface SNMPStatistics {
  ip_stats?: IpStatistics;
  icmp_stats?: IcmpStatistics;
  tcp_stats?: TcpStatistics;
  udp_stats?: UdpStatistics;
}
export const SNMPStatistics: MessageType<SNMPStatistics> = messageType('mesos.v1.SNMPStatistics');

export interface DiskStatistics {
  source?: ResourceDiskInfoSource;
  persistence?: ResourceDiskInfoPersistence;
  limit_bytes?: number;
  used_bytes?: number;
}
export const DiskStatistics: MessageType<DiskStatistics> = messageType('mesos.v1.DiskStatistics');

/** Usage of a container at one moment. */
export interface ResourceStatistics {
  timestamp: number;
  cpus_user_time_secs?: number;
  cpus_system_time_secs?: number;
  cpus_limit?: number;
  mem_rss_bytes?: number;
  mem_limit_bytes?: number;
  cpus_nr_periods?: number;
  cpus_nr_throttled?: number;
  cpus_throttled_time_secs?: number;
  mem_file_bytes?: number;
  mem_anon_bytes?: number;
  mem_mapped_file_bytes?: number;
  perf?: PerfStatistics;
  net_rx_packets?: number;
  net_rx_bytes?: number;
  net_rx_errors?: number;
  net_rx_dropped?: number;
  net_tx_packets?: number;
  net_tx_bytes?: number;
  net_tx_errors?: number;
  net_tx_dropped?: number;
  net_tcp_rtt_microsecs_p50?: number;
  net_tcp_rtt_microsecs_p90?: number;
  net_tcp_rtt_microsecs_p95?: number;
  net_tcp_rtt_microsecs_p99?: number;
  disk_limit_bytes?: number;
  disk_used_bytes?: number;
  net_tcp_active_connections?: number;
  net_tcp_time_wait_connections?: number;
  processes?: number;
  threads?: number;
  mem_low_pressure_counter?: number;
  mem_medium_pressure_counter?: number;
  mem_critical_pressure_counter?: number;
  net_traffic_control_statistics?: TrafficControlStatistics[];
  mem_total_bytes?: number;
  mem_total_memsw_bytes?: number;
  mem_soft_limit_bytes?: number;
  mem_cache_bytes?: number;
  mem_swap_bytes?: number;
  mem_unevictable_bytes?: number;
  net_snmp_statistics?: SNMPStatistics;
  disk_statistics?: DiskStatistics[];
  blkio_statistics?: CgroupInfoBlkioStatistics;
  cpus_soft_limit?: number;
  net_tx_rate_limit?: number;
  net_tx_burst_rate_limit?: number;
  net_tx_burst_size?: number;
  net_rx_rate_limit?: number;
  net_rx_burst_rate_limit?: number;
  net_rx_burst_size?: number;
  mem_kmem_usage_bytes?: number;
  mem_kmem_tcp_usage_bytes?: number;
  net_rate_statistics?: ResourceStatisticsRateStatistics;
  net_ephemeral_ports?: ValueRange;
}
export const ResourceStatistics: MessageType<ResourceStatistics> = messageType('mesos.v1.ResourceStatistics');

export interface ResourceStatisticsRatePercentiles {
  min?: number;
  max?: number;
  p50?: number;
  p90?: number;
  p95?: number;
  p99?: number;
  p999?: number;
  p9999?: number;
  samples?: number;
}
export const ResourceStatisticsRatePercentiles: MessageType<ResourceStatisticsRatePercentiles> = messageType('mesos.v1.ResourceStatistics.RatePercentiles');

export interface ResourceStatisticsRateStatistics {
  rx_rate?: ResourceStatisticsRatePercentiles;
  rx_packet_rate?: ResourceStatisticsRatePercentiles;
  rx_drop_rate?: ResourceStatisticsRatePercentiles;
  rx_error_rate?: ResourceStatisticsRatePercentiles;
  tx_rate?: ResourceStatisticsRatePercentiles;
  tx_packet_rate?: ResourceStatisticsRatePercentiles;
  tx_drop_rate?: ResourceStatisticsRatePercentiles;
  tx_error_rate?: ResourceStatisticsRatePercentiles;
  sampling_window_secs?: number;
  sampling_interval_secs?: number;
}
export const ResourceStatisticsRateStatistics: MessageType<ResourceStatisticsRateStatistics> = messageType('mesos.v1.ResourceStatistics.RateStatistics');

export interface ResourceUsage {
  executors?: ResourceUsageExecutor[];
  total?: Resource[];
}
export const ResourceUsage: MessageType<ResourceUsage> = messageType('mesos.v1.ResourceUsage');

export interface ResourceUsageExecutor {
  executor_info: ExecutorInfo;
  allocated?: Resource[];
  statistics?: ResourceStatistics;
  container_id: ContainerID;
  tasks?: ResourceUsageExecutorTask[];
}
export const ResourceUsageExecutor: MessageType<ResourceUsageExecutor> = messageType('mesos.v1.ResourceUsage.Executor');

export interface ResourceUsageExecutorTask {
  name: string;
  id: TaskID;
  resources?: Resource[];
  labels?: Labels;
}
export const ResourceUsageExecutorTask: MessageType<ResourceUsageExecutorTask> = messageType('mesos.v1.ResourceUsage.Executor.Task');

export interface PerfStatistics {
  timestamp: number;
  duration: number;
  cycles?: number;
  stalled_cycles_frontend?: number;
  stalled_cycles_backend?: number;
  instructions?: number;
  cache_references?: number;
  cache_misses?: number;
  branches?: number;
  branch_misses?: number;
  bus_cycles?: number;
  ref_cycles?: number;
  cpu_clock?: number;
  task_clock?: number;
  page_faults?: number;
  minor_faults?: number;
  major_faults?: number;
  context_switches?: number;
  cpu_migrations?: number;
  alignment_faults?: number;
  emulation_faults?: number;
  l1_dcache_loads?: number;
  l1_dcache_load_misses?: number;
  l1_dcache_stores?: number;
  l1_dcache_store_misses?: number;
  l1_dcache_prefetches?: number;
  l1_dcache_prefetch_misses?: number;
  l1_icache_loads?: number;
  l1_icache_load_misses?: number;
  l1_icache_prefetches?: number;
  l1_icache_prefetch_misses?: number;
  llc_loads?: number;
  llc_load_misses?: number;
  llc_stores?: number;
  llc_store_misses?: number;
  llc_prefetches?: number;
  llc_prefetch_misses?: number;
  dtlb_loads?: number;
  dtlb_load_misses?: number;
  dtlb_stores?: number;
  dtlb_store_misses?: number;
  dtlb_prefetches?: number;
  dtlb_prefetch_misses?: number;
  itlb_loads?: number;
  itlb_load_misses?: number;
  branch_loads?: number;
  branch_load_misses?: number;
  node_loads?: number;
  node_load_misses?: number;
  node_stores?: number;
  node_store_misses?: number;
  node_prefetches?: number;
  node_prefetch_misses?: number;
}
export const PerfStatistics: MessageType<PerfStatistics> = messageType('mesos.v1.PerfStatistics');

export interface OfferFilters {
  min_allocatable_resources?: OfferFiltersMinAllocatableResources;
}
export const OfferFilters: MessageType<OfferFilters> = messageType('mesos.v1.OfferFilters');

export interface OfferFiltersResourceQuantities {
  quantities?: Record<string, ValueScalar>;
}
export const OfferFiltersResourceQuantities: MessageType<OfferFiltersResourceQuantities> = messageType('mesos.v1.OfferFilters.ResourceQuantities');

export interface OfferFiltersMinAllocatableResources {
  quantities?: OfferFiltersResourceQuantities[];
}
export const OfferFiltersMinAllocatableResources: MessageType<OfferFiltersMinAllocatableResources> = messageType('mesos.v1.OfferFilters.MinAllocatableResources');

export interface Request {
  agent_id?: AgentID;
  resources?: Resource[];
}
export const Request: MessageType<Request> = messageType('mesos.v1.Request');

/** Resources of one agent offered to one framework for one role. */
export interface Offer {
  id: OfferID;
  framework_id: FrameworkID;
  agent_id: AgentID;
  hostname: string;
  resources?: Resource[];
  executor_ids?: ExecutorID[];
  attributes?: Attribute[];
  url?: URL;
  unavailability?: Unavailability;
  allocation_info?: ResourceAllocationInfo;
  domain?: DomainInfo;
}
export const Offer: MessageType<Offer> = messageType('mesos.v1.Offer');

/** What a framework does with offered resources. */
export interface OfferOperation {
  type?: OfferOperationType;
  launch?: OfferOperationLaunch;
  reserve?: OfferOperationReserve;
  unreserve?: OfferOperationUnreserve;
  create?: OfferOperationCreate;
  destroy?: OfferOperationDestroy;
  launch_group?: OfferOperationLaunchGroup;
  id?: OperationID;
  grow_volume?: OfferOperationGrowVolume;
  shrink_volume?: OfferOperationShrinkVolume;
  create_disk?: OfferOperationCreateDisk;
  destroy_disk?: OfferOperationDestroyDisk;
}
export const OfferOperation: MessageType<OfferOperation> = messageType('mesos.v1.Offer.Operation');

export type OfferOperationType =
  | 'UNKNOWN'
  | 'LAUNCH'
  | 'RESERVE'
  | 'UNRESERVE'
  | 'CREATE'
  | 'DESTROY'
  | 'LAUNCH_GROUP'
  | 'GROW_VOLUME'
  | 'SHRINK_VOLUME'
  | 'CREATE_DISK'
  | 'DESTROY_DISK';

export interface OfferOperationLaunch {
  task_infos?: TaskInfo[];
}
export const OfferOperationLaunch: MessageType<OfferOperationLaunch> = messageType('mesos.v1.Offer.Operation.Launch');

export interface OfferOperationLaunchGroup {
  executor: ExecutorInfo;
  task_group: TaskGroupInfo;
}
export const OfferOperationLaunchGroup: MessageType<OfferOperationLaunchGroup> = messageType('mesos.v1.Offer.Operation.LaunchGroup');

export interface OfferOperationReserve {
  resources?: Resource[];
  source?: Resource[];
}
export const OfferOperationReserve: MessageType<OfferOperationReserve> = messageType('mesos.v1.Offer.Operation.Reserve');

export interface OfferOperationUnreserve {
  resources?: Resource[];
}
export const OfferOperationUnreserve: MessageType<OfferOperationUnreserve> = messageType('mesos.v1.Offer.Operation.Unreserve');

export interface OfferOperationCreate {
  volumes?: Resource[];
}
export const OfferOperationCreate: MessageType<OfferOperationCreate> = messageType('mesos.v1.Offer.Operation.Create');

export interface OfferOperationDestroy {
  volumes?: Resource[];
}
export const OfferOperationDestroy: MessageType<OfferOperationDestroy> = messageType('mesos.v1.Offer.Operation.Destroy');

export interface OfferOperationGrowVolume {
  volume: Resource;
  addition: Resource;
}
export const OfferOperationGrowVolume: MessageType<OfferOperationGrowVolume> = messageType('mesos.v1.Offer.Operation.GrowVolume');

export interface OfferOperationShrinkVolume {
  volume: Resource;
  subtract: ValueScalar;
}
export const OfferOperationShrinkVolume: MessageType<OfferOperationShrinkVolume> = messageType('mesos.v1.Offer.Operation.ShrinkVolume');

export interface OfferOperationCreateDisk {
  source: Resource;
  target_type: ResourceDiskInfoSourceType;
  target_profile?: string;
}
export const OfferOperationCreateDisk: MessageType<OfferOperationCreateDisk> = messageType('mesos.v1.Offer.Operation.CreateDisk');

export interface OfferOperationDestroyDisk {
  source: Resource;
}
export const OfferOperationDestroyDisk: MessageType<OfferOperationDestroyDisk> = messageType('mesos.v1.Offer.Operation.DestroyDisk');

export interface InverseOffer {
  id: OfferID;
  url?: URL;
  framework_id: FrameworkID;
  agent_id?: AgentID;
  unavailability: Unavailability;
  resources?: Resource[];
}
export const InverseOffer: MessageType<InverseOffer> = messageType('mesos.v1.InverseOffer');

/** A task as the framework asks for it: exactly one of `command` and `executor`. */
export interface TaskInfo {
  name: string;
  task_id: TaskID;
  agent_id: AgentID;
  resources?: Resource[];
  executor?: ExecutorInfo;
  /** Base64. */
  data?: string;
  command?: CommandInfo;
  health_check?: HealthCheck;
  container?: ContainerInfo;
  labels?: Labels;
  discovery?: DiscoveryInfo;
  kill_policy?: KillPolicy;
  check?: CheckInfo;
  max_completion_time?: DurationInfo;
  limits?: Record<string, ValueScalar>;
}
export const TaskInfo: MessageType<TaskInfo> = messageType('mesos.v1.TaskInfo');

export interface TaskGroupInfo {
  tasks?: TaskInfo[];
}
export const TaskGroupInfo: MessageType<TaskGroupInfo> = messageType('mesos.v1.TaskGroupInfo');

/** A task as master and agent know it, with its last state of each kind. */
export interface Task {
  name: string;
  task_id: TaskID;
  framework_id: FrameworkID;
  executor_id?: ExecutorID;
  agent_id: AgentID;
  state: TaskState;
  resources?: Resource[];
  statuses?: TaskStatus[];
  status_update_state?: TaskState;
  /** Base64. */
  status_update_uuid?: string;
  labels?: Labels;
  discovery?: DiscoveryInfo;
  container?: ContainerInfo;
  user?: string;
  health_check?: HealthCheck;
  kill_policy?: KillPolicy;
  limits?: Record<string, ValueScalar>;
}
export const Task: MessageType<Task> = messageType('mesos.v1.Task');

export interface TaskResourceLimitation {
  resources?: Resource[];
}
export const TaskResourceLimitation: MessageType<TaskResourceLimitation> = messageType('mesos.v1.TaskResourceLimitation');

export interface UUID {
  /** Base64. */
  value: string;
}
export const UUID: MessageType<UUID> = messageType('mesos.v1.UUID');

export interface Operation {
  framework_id?: FrameworkID;
  agent_id?: AgentID;
  info: OfferOperation;
  latest_status: OperationStatus;
  statuses?: OperationStatus[];
  uuid: UUID;
}
export const Operation: MessageType<Operation> = messageType('mesos.v1.Operation');

export interface OperationStatus {
  operation_id?: OperationID;
  state: OperationState;
  message?: string;
  converted_resources?: Resource[];
  uuid?: UUID;
  agent_id?: AgentID;
  resource_provider_id?: ResourceProviderID;
}
export const OperationStatus: MessageType<OperationStatus> = messageType('mesos.v1.OperationStatus');

export interface CheckStatusInfo {
  type?: CheckInfoType;
  command?: CheckStatusInfoCommand;
  http?: CheckStatusInfoHttp;
  tcp?: CheckStatusInfoTcp;
}
export const CheckStatusInfo: MessageType<CheckStatusInfo> = messageType('mesos.v1.CheckStatusInfo');

export interface CheckStatusInfoCommand {
  exit_code?: number;
}
export const CheckStatusInfoCommand: MessageType<CheckStatusInfoCommand> = messageType('mesos.v1.CheckStatusInfo.Command');

export interface CheckStatusInfoHttp {
  status_code?: number;
}
export const CheckStatusInfoHttp: MessageType<CheckStatusInfoHttp> = messageType('mesos.v1.CheckStatusInfo.Http');

export interface CheckStatusInfoTcp {
  succeeded?: boolean;
}
export const CheckStatusInfoTcp: MessageType<CheckStatusInfoTcp> = messageType('mesos.v1.CheckStatusInfo.Tcp');

/** One update of a task. With a `uuid` it must be acknowledged. */
export interface TaskStatus {
  task_id: TaskID;
  state: TaskState;
  /** Base64. */
  data?: string;
  message?: string;
  agent_id?: AgentID;
  timestamp?: number;
  executor_id?: ExecutorID;
  healthy?: boolean;
  source?: TaskStatusSource;
  reason?: TaskStatusReason;
  /** Base64. */
  uuid?: string;
  labels?: Labels;
  container_status?: ContainerStatus;
  unreachable_time?: TimeInfo;
  check_status?: CheckStatusInfo;
  limitation?: TaskResourceLimitation;
}
export const TaskStatus: MessageType<TaskStatus> = messageType('mesos.v1.TaskStatus');

export type TaskStatusSource =
  | 'SOURCE_MASTER'
  | 'SOURCE_AGENT'
  | 'SOURCE_EXECUTOR';

export type TaskStatusReason =
  | 'REASON_COMMAND_EXECUTOR_FAILED'
  | 'REASON_EXECUTOR_TERMINATED'
  | 'REASON_EXECUTOR_UNREGISTERED'
  | 'REASON_FRAMEWORK_REMOVED'
  | 'REASON_GC_ERROR'
  | 'REASON_INVALID_FRAMEWORKID'
  | 'REASON_INVALID_OFFERS'
  | 'REASON_MASTER_DISCONNECTED'
  | 'REASON_CONTAINER_LIMITATION_MEMORY'
  | 'REASON_RECONCILIATION'
  | 'REASON_AGENT_DISCONNECTED'
  | 'REASON_AGENT_REMOVED'
  | 'REASON_AGENT_RESTARTED'
  | 'REASON_AGENT_UNKNOWN'
  | 'REASON_TASK_INVALID'
  | 'REASON_TASK_UNAUTHORIZED'
  | 'REASON_TASK_UNKNOWN'
  | 'REASON_CONTAINER_PREEMPTED'
  | 'REASON_RESOURCES_UNKNOWN'
  | 'REASON_CONTAINER_LIMITATION'
  | 'REASON_CONTAINER_LIMITATION_DISK'
  | 'REASON_CONTAINER_LAUNCH_FAILED'
  | 'REASON_CONTAINER_UPDATE_FAILED'
  | 'REASON_EXECUTOR_REGISTRATION_TIMEOUT'
  | 'REASON_EXECUTOR_REREGISTRATION_TIMEOUT'
  | 'REASON_TASK_GROUP_INVALID'
  | 'REASON_TASK_GROUP_UNAUTHORIZED'
  | 'REASON_IO_SWITCHBOARD_EXITED'
  | 'REASON_TASK_CHECK_STATUS_UPDATED'
  | 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED'
  | 'REASON_TASK_KILLED_DURING_LAUNCH'
  | 'REASON_AGENT_REMOVED_BY_OPERATOR'
  | 'REASON_AGENT_REREGISTERED'
  | 'REASON_MAX_COMPLETION_TIME_REACHED'
  | 'REASON_AGENT_DRAINING';

/** How long refused resources are not offered again. */
export interface Filters {
  /** Default: 5. */
  refuse_seconds?: number;
}
export const Filters: MessageType<Filters> = messageType('mesos.v1.Filters');

export interface Environment {
  variables?: EnvironmentVariable[];
}
export const Environment: MessageType<Environment> = messageType('mesos.v1.Environment');

export interface EnvironmentVariable {
  name: string;
  value?: string;
  /** Default: VALUE. */
  type?: EnvironmentVariableType;
  secret?: Secret;
}
export const EnvironmentVariable: MessageType<EnvironmentVariable> = messageType('mesos.v1.Environment.Variable');

export type EnvironmentVariableType =
  | 'UNKNOWN'
  | 'VALUE'
  | 'SECRET';

export interface Parameter {
  key: string;
  value: string;
}
export const Parameter: MessageType<Parameter> = messageType('mesos.v1.Parameter');

export interface Parameters {
  parameter?: Parameter[];
}
export const Parameters: MessageType<Parameters> = messageType('mesos.v1.Parameters');

export interface Credential {
  principal: string;
  secret?: string;
}
export const Credential: MessageType<Credential> = messageType('mesos.v1.Credential');

export interface Credentials {
  credentials?: Credential[];
}
export const Credentials: MessageType<Credentials> = messageType('mesos.v1.Credentials');

export interface Secret {
  type?: SecretType;
  reference?: SecretReference;
  value?: SecretValue;
}
export const Secret: MessageType<Secret> = messageType('mesos.v1.Secret');

export type SecretType =
  | 'UNKNOWN'
  | 'REFERENCE'
  | 'VALUE';

export interface SecretReference {
  name: string;
  key?: string;
}
export const SecretReference: MessageType<SecretReference> = messageType('mesos.v1.Secret.Reference');

export interface SecretValue {
  /** Base64. */
  data: string;
}
export const SecretValue: MessageType<SecretValue> = messageType('mesos.v1.Secret.Value');

export interface RateLimit {
  qps?: number;
  principal: string;
  capacity?: number;
}
export const RateLimit: MessageType<RateLimit> = messageType('mesos.v1.RateLimit');

export interface RateLimits {
  limits?: RateLimit[];
  aggregate_default_qps?: number;
  aggregate_default_capacity?: number;
}
export const RateLimits: MessageType<RateLimits> = messageType('mesos.v1.RateLimits');

export interface Image {
  type: ImageType;
  appc?: ImageAppc;
  docker?: ImageDocker;
  /** Default: true. */
  cached?: boolean;
}
export const Image: MessageType<Image> = messageType('mesos.v1.Image');

export type ImageType =
  | 'APPC'
  | 'DOCKER';

export interface ImageAppc {
  name: string;
  id?: string;
  labels?: Labels;
}
export const ImageAppc: MessageType<ImageAppc> = messageType('mesos.v1.Image.Appc');

export interface ImageDocker {
  name: string;
  /** @deprecated */
  credential?: Credential;
  config?: Secret;
}
export const ImageDocker: MessageType<ImageDocker> = messageType('mesos.v1.Image.Docker');

export interface MountPropagation {
  mode?: MountPropagationMode;
}
export const MountPropagation: MessageType<MountPropagation> = messageType('mesos.v1.MountPropagation');

export type MountPropagationMode =
  | 'UNKNOWN'
  | 'HOST_TO_CONTAINER'
  | 'BIDIRECTIONAL';

export interface Volume {
  container_path: string;
  host_path?: string;
  mode: VolumeMode;
  image?: Image;
  source?: VolumeSource;
}
export const Volume: MessageType<Volume> = messageType('mesos.v1.Volume');

export type VolumeMode =
  | 'RW'
  | 'RO';

export interface VolumeSource {
  type?: VolumeSourceType;
  docker_volume?: VolumeSourceDockerVolume;
  sandbox_path?: VolumeSourceSandboxPath;
  secret?: Secret;
  host_path?: VolumeSourceHostPath;
  csi_volume?: VolumeSourceCSIVolume;
}
export const VolumeSource: MessageType<VolumeSource> = messageType('mesos.v1.Volume.Source');

export type VolumeSourceType =
  | 'UNKNOWN'
  | 'DOCKER_VOLUME'
  | 'SANDBOX_PATH'
  | 'SECRET'
  | 'HOST_PATH'
  | 'CSI_VOLUME';

export interface VolumeSourceDockerVolume {
  driver?: string;
  name: string;
  driver_options?: Parameters;
}
export const VolumeSourceDockerVolume: MessageType<VolumeSourceDockerVolume> = messageType('mesos.v1.Volume.Source.DockerVolume');

export interface VolumeSourceHostPath {
  path: string;
  mount_propagation?: MountPropagation;
}
export const VolumeSourceHostPath: MessageType<VolumeSourceHostPath> = messageType('mesos.v1.Volume.Source.HostPath');

export interface VolumeSourceSandboxPath {
  type?: VolumeSourceSandboxPathType;
  path: string;
}
export const VolumeSourceSandboxPath: MessageType<VolumeSourceSandboxPath> = messageType('mesos.v1.Volume.Source.SandboxPath');

export type VolumeSourceSandboxPathType =
  | 'UNKNOWN'
  | 'SELF'
  | 'PARENT';

export interface VolumeSourceCSIVolume {
  plugin_name: string;
  static_provisioning?: VolumeSourceCSIVolumeStaticProvisioning;
}
export const VolumeSourceCSIVolume: MessageType<VolumeSourceCSIVolume> = messageType('mesos.v1.Volume.Source.CSIVolume');

export interface VolumeSourceCSIVolumeVolumeCapability {
  block?: VolumeSourceCSIVolumeVolumeCapabilityBlockVolume;
  mount?: VolumeSourceCSIVolumeVolumeCapabilityMountVolume;
  access_mode: VolumeSourceCSIVolumeVolumeCapabilityAccessMode;
}
export const VolumeSourceCSIVolumeVolumeCapability: MessageType<VolumeSourceCSIVolumeVolumeCapability> = messageType('mesos.v1.Volume.Source.CSIVolume.VolumeCapability');

export interface VolumeSourceCSIVolumeVolumeCapabilityBlockVolume {}
export const VolumeSourceCSIVolumeVolumeCapabilityBlockVolume: MessageType<VolumeSourceCSIVolumeVolumeCapabilityBlockVolume> = messageType('mesos.v1.Volume.Source.CSIVolume.VolumeCapability.BlockVolume');

export interface VolumeSourceCSIVolumeVolumeCapabilityMountVolume {
  fs_type?: string;
  mount_flags?: string[];
}
export const VolumeSourceCSIVolumeVolumeCapabilityMountVolume: MessageType<VolumeSourceCSIVolumeVolumeCapabilityMountVolume> = messageType('mesos.v1.Volume.Source.CSIVolume.VolumeCapability.MountVolume');

export interface VolumeSourceCSIVolumeVolumeCapabilityAccessMode {
  mode: VolumeSourceCSIVolumeVolumeCapabilityAccessModeMode;
}
export const VolumeSourceCSIVolumeVolumeCapabilityAccessMode: MessageType<VolumeSourceCSIVolumeVolumeCapabilityAccessMode> = messageType('mesos.v1.Volume.Source.CSIVolume.VolumeCapability.AccessMode');

export type VolumeSourceCSIVolumeVolumeCapabilityAccessModeMode =
  | 'UNKNOWN'
  | 'SINGLE_NODE_WRITER'
  | 'SINGLE_NODE_READER_ONLY'
  | 'MULTI_NODE_READER_ONLY'
  | 'MULTI_NODE_SINGLE_WRITER'
  | 'MULTI_NODE_MULTI_WRITER';

export interface VolumeSourceCSIVolumeStaticProvisioning {
  volume_id: string;
  volume_capability: VolumeSourceCSIVolumeVolumeCapability;
  node_stage_secrets?: Record<string, Secret>;
  node_publish_secrets?: Record<string, Secret>;
  volume_context?: Record<string, string>;
}
export const VolumeSourceCSIVolumeStaticProvisioning: MessageType<VolumeSourceCSIVolumeStaticProvisioning> = messageType('mesos.v1.Volume.Source.CSIVolume.StaticProvisioning');

export interface NetworkInfo {
  groups?: string[];
  labels?: Labels;
  ip_addresses?: NetworkInfoIPAddress[];
  name?: string;
  port_mappings?: NetworkInfoPortMapping[];
}
export const NetworkInfo: MessageType<NetworkInfo> = messageType('mesos.v1.NetworkInfo');

export type NetworkInfoProtocol =
  | 'IPv4'
  | 'IPv6';

export interface NetworkInfoIPAddress {
  /** Default: IPv4. */
  protocol?: NetworkInfoProtocol;
  ip_address?: string;
}
export const NetworkInfoIPAddress: MessageType<NetworkInfoIPAddress> = messageType('mesos.v1.NetworkInfo.IPAddress');

export interface NetworkInfoPortMapping {
  host_port: number;
  container_port: number;
  protocol?: string;
}
export const NetworkInfoPortMapping: MessageType<NetworkInfoPortMapping> = messageType('mesos.v1.NetworkInfo.PortMapping');

export interface CapabilityInfo {
  capabilities?: CapabilityInfoCapability[];
}
export const CapabilityInfo: MessageType<CapabilityInfo> = messageType('mesos.v1.CapabilityInfo');

export type CapabilityInfoCapability =
  | 'UNKNOWN'
  | 'CHOWN'
  | 'DAC_OVERRIDE'
  | 'DAC_READ_SEARCH'
  | 'FOWNER'
  | 'FSETID'
  | 'KILL'
  | 'SETGID'
  | 'SETUID'
  | 'SETPCAP'
  | 'LINUX_IMMUTABLE'
  | 'NET_BIND_SERVICE'
  | 'NET_BROADCAST'
  | 'NET_ADMIN'
  | 'NET_RAW'
  | 'IPC_LOCK'
  | 'IPC_OWNER'
  | 'SYS_MODULE'
  | 'SYS_RAWIO'
  | 'SYS_CHROOT'
  | 'SYS_PTRACE'
  | 'SYS_PACCT'
  | 'SYS_ADMIN'
  | 'SYS_BOOT'
  | 'SYS_NICE'
  | 'SYS_RESOURCE'
  | 'SYS_TIME'
  | 'SYS_TTY_CONFIG'
  | 'MKNOD'
  | 'LEASE'
  | 'AUDIT_WRITE'
  | 'AUDIT_CONTROL'
  | 'SETFCAP'
  | 'MAC_OVERRIDE'
  | 'MAC_ADMIN'
  | 'SYSLOG'
  | 'WAKE_ALARM'
  | 'BLOCK_SUSPEND'
  | 'AUDIT_READ'
  | 'PERFMON'
  | 'BPF'
  | 'CHECKPOINT_RESTORE';

export interface SeccompInfo {
  profile_name?: string;
  unconfined?: boolean;
}
export const SeccompInfo: MessageType<SeccompInfo> = messageType('mesos.v1.SeccompInfo');

export interface LinuxInfo {
  /** @deprecated */
  capability_info?: CapabilityInfo;
  bounding_capabilities?: CapabilityInfo;
  effective_capabilities?: CapabilityInfo;
  share_pid_namespace?: boolean;
  seccomp?: SeccompInfo;
  ipc_mode?: LinuxInfoIpcMode;
  shm_size?: number;
  /** Default: true. */
  share_cgroups?: boolean;
}
export const LinuxInfo: MessageType<LinuxInfo> = messageType('mesos.v1.LinuxInfo');

export type LinuxInfoIpcMode =
  | 'UNKNOWN'
  | 'PRIVATE'
  | 'SHARE_PARENT';

export interface RLimitInfo {
  rlimits?: RLimitInfoRLimit[];
}
export const RLimitInfo: MessageType<RLimitInfo> = messageType('mesos.v1.RLimitInfo');

export interface RLimitInfoRLimit {
  type?: RLimitInfoRLimitType;
  hard?: number;
  soft?: number;
}
export const RLimitInfoRLimit: MessageType<RLimitInfoRLimit> = messageType('mesos.v1.RLimitInfo.RLimit');

export type RLimitInfoRLimitType =
  | 'UNKNOWN'
  | 'RLMT_AS'
  | 'RLMT_CORE'
  | 'RLMT_CPU'
  | 'RLMT_DATA'
  | 'RLMT_FSIZE'
  | 'RLMT_LOCKS'
  | 'RLMT_MEMLOCK'
  | 'RLMT_MSGQUEUE'
  | 'RLMT_NICE'
  | 'RLMT_NOFILE'
  | 'RLMT_NPROC'
  | 'RLMT_RSS'
  | 'RLMT_RTPRIO'
  | 'RLMT_RTTIME'
  | 'RLMT_SIGPENDING'
  | 'RLMT_STACK';

export interface TTYInfo {
  window_size?: TTYInfoWindowSize;
}
export const TTYInfo: MessageType<TTYInfo> = messageType('mesos.v1.TTYInfo');

export interface TTYInfoWindowSize {
  rows: number;
  columns: number;
}
export const TTYInfoWindowSize: MessageType<TTYInfoWindowSize> = messageType('mesos.v1.TTYInfo.WindowSize');

export interface ContainerInfo {
  type: ContainerInfoType;
  volumes?: Volume[];
  docker?: ContainerInfoDockerInfo;
  hostname?: string;
  mesos?: ContainerInfoMesosInfo;
  network_infos?: NetworkInfo[];
  linux_info?: LinuxInfo;
  rlimit_info?: RLimitInfo;
  tty_info?: TTYInfo;
}
export const ContainerInfo: MessageType<ContainerInfo> = messageType('mesos.v1.ContainerInfo');

export type ContainerInfoType =
  | 'DOCKER'
  | 'MESOS';

export interface ContainerInfoDockerInfo {
  image: string;
  /** Default: HOST. */
  network?: ContainerInfoDockerInfoNetwork;
  port_mappings?: ContainerInfoDockerInfoPortMapping[];
  /** Default: false. */
  privileged?: boolean;
  parameters?: Parameter[];
  force_pull_image?: boolean;
  /** @deprecated */
  volume_driver?: string;
}
export const ContainerInfoDockerInfo: MessageType<ContainerInfoDockerInfo> = messageType('mesos.v1.ContainerInfo.DockerInfo');

export type ContainerInfoDockerInfoNetwork =
  | 'HOST'
  | 'BRIDGE'
  | 'NONE'
  | 'USER';

export interface ContainerInfoDockerInfoPortMapping {
  host_port: number;
  container_port: number;
  protocol?: string;
}
export const ContainerInfoDockerInfoPortMapping: MessageType<ContainerInfoDockerInfoPortMapping> = messageType('mesos.v1.ContainerInfo.DockerInfo.PortMapping');

export interface ContainerInfoMesosInfo {
  image?: Image;
}
export const ContainerInfoMesosInfo: MessageType<ContainerInfoMesosInfo> = messageType('mesos.v1.ContainerInfo.MesosInfo');

export interface ContainerStatus {
  network_infos?: NetworkInfo[];
  cgroup_info?: CgroupInfo;
  executor_pid?: number;
  container_id?: ContainerID;
}
export const ContainerStatus: MessageType<ContainerStatus> = messageType('mesos.v1.ContainerStatus');

export interface CgroupInfo {
  net_cls?: CgroupInfoNetCls;
}
export const CgroupInfo: MessageType<CgroupInfo> = messageType('mesos.v1.CgroupInfo');

export interface CgroupInfoBlkio {}
export const CgroupInfoBlkio: MessageType<CgroupInfoBlkio> = messageType('mesos.v1.CgroupInfo.Blkio');

export type CgroupInfoBlkioOperation =
  | 'UNKNOWN'
  | 'TOTAL'
  | 'READ'
  | 'WRITE'
  | 'SYNC'
  | 'ASYNC'
  | 'DISCARD';

export interface CgroupInfoBlkioValue {
  op?: CgroupInfoBlkioOperation;
  value?: number;
}
export const CgroupInfoBlkioValue: MessageType<CgroupInfoBlkioValue> = messageType('mesos.v1.CgroupInfo.Blkio.Value');

export interface CgroupInfoBlkioCFQ {}
export const CgroupInfoBlkioCFQ: MessageType<CgroupInfoBlkioCFQ> = messageType('mesos.v1.CgroupInfo.Blkio.CFQ');

export interface CgroupInfoBlkioCFQStatistics {
  device?: DeviceNumber;
  sectors?: number;
  time?: number;
  io_serviced?: CgroupInfoBlkioValue[];
  io_service_bytes?: CgroupInfoBlkioValue[];
  io_service_time?: CgroupInfoBlkioValue[];
  io_wait_time?: CgroupInfoBlkioValue[];
  io_merged?: CgroupInfoBlkioValue[];
  io_queued?: CgroupInfoBlkioValue[];
}
export const CgroupInfoBlkioCFQStatistics: MessageType<CgroupInfoBlkioCFQStatistics> = messageType('mesos.v1.CgroupInfo.Blkio.CFQ.Statistics');

export interface CgroupInfoBlkioThrottling {}
export const CgroupInfoBlkioThrottling: MessageType<CgroupInfoBlkioThrottling> = messageType('mesos.v1.CgroupInfo.Blkio.Throttling');

export interface CgroupInfoBlkioThrottlingStatistics {
  device?: DeviceNumber;
  io_serviced?: CgroupInfoBlkioValue[];
  io_service_bytes?: CgroupInfoBlkioValue[];
}
export const CgroupInfoBlkioThrottlingStatistics: MessageType<CgroupInfoBlkioThrottlingStatistics> = messageType('mesos.v1.CgroupInfo.Blkio.Throttling.Statistics');

export interface CgroupInfoBlkioStatistics {
  cfq?: CgroupInfoBlkioCFQStatistics[];
  cfq_recursive?: CgroupInfoBlkioCFQStatistics[];
  throttling?: CgroupInfoBlkioThrottlingStatistics[];
}
export const CgroupInfoBlkioStatistics: MessageType<CgroupInfoBlkioStatistics> = messageType('mesos.v1.CgroupInfo.Blkio.Statistics');

export interface CgroupInfoNetCls {
  classid?: number;
}
export const CgroupInfoNetCls: MessageType<CgroupInfoNetCls> = messageType('mesos.v1.CgroupInfo.NetCls');

export interface Labels {
  labels?: Label[];
}
export const Labels: MessageType<Labels> = messageType('mesos.v1.Labels');

export interface Label {
  key: string;
  value?: string;
}
export const Label: MessageType<Label> = messageType('mesos.v1.Label');

export interface Port {
  number: number;
  name?: string;
  protocol?: string;
  visibility?: DiscoveryInfoVisibility;
  labels?: Labels;
}
export const Port: MessageType<Port> = messageType('mesos.v1.Port');

export interface Ports {
  ports?: Port[];
}
export const Ports: MessageType<Ports> = messageType('mesos.v1.Ports');

export interface DiscoveryInfo {
  visibility: DiscoveryInfoVisibility;
  name?: string;
  environment?: string;
  location?: string;
  version?: string;
  ports?: Ports;
  labels?: Labels;
}
export const DiscoveryInfo: MessageType<DiscoveryInfo> = messageType('mesos.v1.DiscoveryInfo');

export type DiscoveryInfoVisibility =
  | 'FRAMEWORK'
  | 'CLUSTER'
  | 'EXTERNAL';

export interface WeightInfo {
  weight: number;
  role?: string;
}
export const WeightInfo: MessageType<WeightInfo> = messageType('mesos.v1.WeightInfo');

export interface VersionInfo {
  version: string;
  build_date?: string;
  build_time?: number;
  build_user?: string;
  git_sha?: string;
  git_branch?: string;
  git_tag?: string;
}
export const VersionInfo: MessageType<VersionInfo> = messageType('mesos.v1.VersionInfo');

export interface Flag {
  name: string;
  value?: string;
}
export const Flag: MessageType<Flag> = messageType('mesos.v1.Flag');

export interface Role {
  name: string;
  weight: number;
  frameworks?: FrameworkID[];
  resources?: Resource[];
}
export const Role: MessageType<Role> = messageType('mesos.v1.Role');

export interface Metric {
  name: string;
  value?: number;
}
export const Metric: MessageType<Metric> = messageType('mesos.v1.Metric');

export interface FileInfo {
  path: string;
  nlink?: number;
  size?: number;
  mtime?: TimeInfo;
  mode?: number;
  uid?: string;
  gid?: string;
}
export const FileInfo: MessageType<FileInfo> = messageType('mesos.v1.FileInfo');

export interface Device {
  path?: string;
  number?: DeviceNumber;
}
export const Device: MessageType<Device> = messageType('mesos.v1.Device');

export interface DeviceNumber {
  major_number: number;
  minor_number: number;
}
export const DeviceNumber: MessageType<DeviceNumber> = messageType('mesos.v1.Device.Number');

export interface DeviceAccess {
  device: Device;
  access: DeviceAccessAccess;
}
export const DeviceAccess: MessageType<DeviceAccess> = messageType('mesos.v1.DeviceAccess');

export interface DeviceAccessAccess {
  read?: boolean;
  write?: boolean;
  mknod?: boolean;
}
export const DeviceAccessAccess: MessageType<DeviceAccessAccess> = messageType('mesos.v1.DeviceAccess.Access');

export interface DeviceWhitelist {
  allowed_devices?: DeviceAccess[];
}
export const DeviceWhitelist: MessageType<DeviceWhitelist> = messageType('mesos.v1.DeviceWhitelist');

export interface DrainConfig {
  max_grace_period?: DurationInfo;
  /** Default: false. */
  mark_gone?: boolean;
}
export const DrainConfig: MessageType<DrainConfig> = messageType('mesos.v1.DrainConfig');

export interface DrainInfo {
  state: DrainState;
  config: DrainConfig;
}
export const DrainInfo: MessageType<DrainInfo> = messageType('mesos.v1.DrainInfo');

export interface QuotaInfo {
  role?: string;
  principal?: string;
  guarantee?: Resource[];
}
export const QuotaInfo: MessageType<QuotaInfo> = messageType('mesos.v1.quota.QuotaInfo');

export interface QuotaRequest {
  force?: boolean;
  role?: string;
  guarantee?: Resource[];
}
export const QuotaRequest: MessageType<QuotaRequest> = messageType('mesos.v1.quota.QuotaRequest');

export interface QuotaConfig {
  role: string;
  guarantees?: Record<string, ValueScalar>;
  limits?: Record<string, ValueScalar>;
}
export const QuotaConfig: MessageType<QuotaConfig> = messageType('mesos.v1.quota.QuotaConfig');

export interface QuotaStatus {
  /** @deprecated */
  infos?: QuotaInfo[];
  configs?: QuotaConfig[];
}
export const QuotaStatus: MessageType<QuotaStatus> = messageType('mesos.v1.quota.QuotaStatus');

export interface ResourceProviderEvent {
  type?: ResourceProviderEventType;
  subscribed?: ResourceProviderEventSubscribed;
  apply_operation?: ResourceProviderEventApplyOperation;
  publish_resources?: ResourceProviderEventPublishResources;
  acknowledge_operation_status?: ResourceProviderEventAcknowledgeOperationStatus;
  reconcile_operations?: ResourceProviderEventReconcileOperations;
}
export const ResourceProviderEvent: MessageType<ResourceProviderEvent> = messageType('mesos.v1.resource_provider.Event');

export type ResourceProviderEventType =
  | 'UNKNOWN'
  | 'SUBSCRIBED'
  | 'APPLY_OPERATION'
  | 'PUBLISH_RESOURCES'
  | 'ACKNOWLEDGE_OPERATION_STATUS'
  | 'RECONCILE_OPERATIONS'
  | 'TEARDOWN';

export interface ResourceProviderEventSubscribed {
  provider_id: ResourceProviderID;
}
export const ResourceProviderEventSubscribed: MessageType<ResourceProviderEventSubscribed> = messageType('mesos.v1.resource_provider.Event.Subscribed');

export interface ResourceProviderEventApplyOperation {
  framework_id?: FrameworkID;
  info: OfferOperation;
  operation_uuid: UUID;
  resource_version_uuid: UUID;
}
export const ResourceProviderEventApplyOperation: MessageType<ResourceProviderEventApplyOperation> = messageType('mesos.v1.resource_provider.Event.ApplyOperation');

export interface ResourceProviderEventPublishResources {
  uuid: UUID;
  resources?: Resource[];
}
export const ResourceProviderEventPublishResources: MessageType<ResourceProviderEventPublishResources> = messageType('mesos.v1.resource_provider.Event.PublishResources');

export interface ResourceProviderEventAcknowledgeOperationStatus {
  status_uuid: UUID;
  operation_uuid: UUID;
}
export const ResourceProviderEventAcknowledgeOperationStatus: MessageType<ResourceProviderEventAcknowledgeOperationStatus> = messageType('mesos.v1.resource_provider.Event.AcknowledgeOperationStatus');

export interface ResourceProviderEventReconcileOperations {
  operation_uuids?: UUID[];
}
export const ResourceProviderEventReconcileOperations: MessageType<ResourceProviderEventReconcileOperations> = messageType('mesos.v1.resource_provider.Event.ReconcileOperations');

export interface ResourceProviderCall {
  resource_provider_id?: ResourceProviderID;
  type?: ResourceProviderCallType;
  subscribe?: ResourceProviderCallSubscribe;
  update_operation_status?: ResourceProviderCallUpdateOperationStatus;
  update_state?: ResourceProviderCallUpdateState;
  update_publish_resources_status?: ResourceProviderCallUpdatePublishResourcesStatus;
}
export const ResourceProviderCall: MessageType<ResourceProviderCall> = messageType('mesos.v1.resource_provider.Call');

export type ResourceProviderCallType =
  | 'UNKNOWN'
  | 'SUBSCRIBE'
  | 'UPDATE_OPERATION_STATUS'
  | 'UPDATE_STATE'
  | 'UPDATE_PUBLISH_RESOURCES_STATUS';

export interface ResourceProviderCallSubscribe {
  resource_provider_info: ResourceProviderInfo;
}
export const ResourceProviderCallSubscribe: MessageType<ResourceProviderCallSubscribe> = messageType('mesos.v1.resource_provider.Call.Subscribe');

export interface ResourceProviderCallUpdateOperationStatus {
  framework_id?: FrameworkID;
  status: OperationStatus;
  latest_status?: OperationStatus;
  operation_uuid: UUID;
}
export const ResourceProviderCallUpdateOperationStatus: MessageType<ResourceProviderCallUpdateOperationStatus> = messageType('mesos.v1.resource_provider.Call.UpdateOperationStatus');

export interface ResourceProviderCallUpdateState {
  operations?: Operation[];
  resources?: Resource[];
  resource_version_uuid: UUID;
}
export const ResourceProviderCallUpdateState: MessageType<ResourceProviderCallUpdateState> = messageType('mesos.v1.resource_provider.Call.UpdateState');

export interface ResourceProviderCallUpdatePublishResourcesStatus {
  uuid: UUID;
  status: ResourceProviderCallUpdatePublishResourcesStatusStatus;
}
export const ResourceProviderCallUpdatePublishResourcesStatus: MessageType<ResourceProviderCallUpdatePublishResourcesStatus> = messageType('mesos.v1.resource_provider.Call.UpdatePublishResourcesStatus');

export type ResourceProviderCallUpdatePublishResourcesStatusStatus =
  | 'UNKNOWN'
  | 'OK'
  | 'FAILED';

export interface SchedulerEvent {
  type?: SchedulerEventType;
  subscribed?: SchedulerEventSubscribed;
  offers?: SchedulerEventOffers;
  rescind?: SchedulerEventRescind;
  update?: SchedulerEventUpdate;
  message?: SchedulerEventMessage;
  failure?: SchedulerEventFailure;
  error?: SchedulerEventError;
  inverse_offers?: SchedulerEventInverseOffers;
  rescind_inverse_offer?: SchedulerEventRescindInverseOffer;
  update_operation_status?: SchedulerEventUpdateOperationStatus;
}
export const SchedulerEvent: MessageType<SchedulerEvent> = messageType('mesos.v1.scheduler.Event');

export type SchedulerEventType =
  | 'UNKNOWN'
  | 'SUBSCRIBED'
  | 'OFFERS'
  | 'RESCIND'
  | 'UPDATE'
  | 'MESSAGE'
  | 'FAILURE'
  | 'ERROR'
  | 'HEARTBEAT'
  | 'INVERSE_OFFERS'
  | 'RESCIND_INVERSE_OFFER'
  | 'UPDATE_OPERATION_STATUS';

export interface SchedulerEventSubscribed {
  framework_id: FrameworkID;
  heartbeat_interval_seconds?: number;
  master_info?: MasterInfo;
}
export const SchedulerEventSubscribed: MessageType<SchedulerEventSubscribed> = messageType('mesos.v1.scheduler.Event.Subscribed');

export interface SchedulerEventOffers {
  offers?: Offer[];
}
export const SchedulerEventOffers: MessageType<SchedulerEventOffers> = messageType('mesos.v1.scheduler.Event.Offers');

export interface SchedulerEventInverseOffers {
  inverse_offers?: InverseOffer[];
}
export const SchedulerEventInverseOffers: MessageType<SchedulerEventInverseOffers> = messageType('mesos.v1.scheduler.Event.InverseOffers');

export interface SchedulerEventRescind {
  offer_id: OfferID;
}
export const SchedulerEventRescind: MessageType<SchedulerEventRescind> = messageType('mesos.v1.scheduler.Event.Rescind');

export interface SchedulerEventRescindInverseOffer {
  inverse_offer_id: OfferID;
}
export const SchedulerEventRescindInverseOffer: MessageType<SchedulerEventRescindInverseOffer> = messageType('mesos.v1.scheduler.Event.RescindInverseOffer');

export interface SchedulerEventUpdate {
  status: TaskStatus;
}
export const SchedulerEventUpdate: MessageType<SchedulerEventUpdate> = messageType('mesos.v1.scheduler.Event.Update');

export interface SchedulerEventUpdateOperationStatus {
  status: OperationStatus;
}
export const SchedulerEventUpdateOperationStatus: MessageType<SchedulerEventUpdateOperationStatus> = messageType('mesos.v1.scheduler.Event.UpdateOperationStatus');

export interface SchedulerEventMessage {
  agent_id: AgentID;
  executor_id: ExecutorID;
  /** Base64. */
  data: string;
}
export const SchedulerEventMessage: MessageType<SchedulerEventMessage> = messageType('mesos.v1.scheduler.Event.Message');

export interface SchedulerEventFailure {
  agent_id?: AgentID;
  executor_id?: ExecutorID;
  status?: number;
}
export const SchedulerEventFailure: MessageType<SchedulerEventFailure> = messageType('mesos.v1.scheduler.Event.Failure');

export interface SchedulerEventError {
  message: string;
}
export const SchedulerEventError: MessageType<SchedulerEventError> = messageType('mesos.v1.scheduler.Event.Error');

export interface SchedulerResponse {
  type?: SchedulerResponseType;
  /** @deprecated */
  reconcile_operations?: SchedulerResponseReconcileOperations;
}
export const SchedulerResponse: MessageType<SchedulerResponse> = messageType('mesos.v1.scheduler.Response');

export type SchedulerResponseType =
  | 'UNKNOWN'
  | 'RECONCILE_OPERATIONS';

export interface SchedulerResponseReconcileOperations {
  /** @deprecated */
  operation_statuses?: OperationStatus[];
}
export const SchedulerResponseReconcileOperations: MessageType<SchedulerResponseReconcileOperations> = messageType('mesos.v1.scheduler.Response.ReconcileOperations');

export interface SchedulerAttributeConstraint {
  selector: SchedulerAttributeConstraintSelector;
  predicate: SchedulerAttributeConstraintPredicate;
}
export const SchedulerAttributeConstraint: MessageType<SchedulerAttributeConstraint> = messageType('mesos.v1.scheduler.AttributeConstraint');

export interface SchedulerAttributeConstraintSelector {
  pseudoattribute_type?: SchedulerAttributeConstraintSelectorPseudoattributeType;
  attribute_name?: string;
}
export const SchedulerAttributeConstraintSelector: MessageType<SchedulerAttributeConstraintSelector> = messageType('mesos.v1.scheduler.AttributeConstraint.Selector');

export type SchedulerAttributeConstraintSelectorPseudoattributeType =
  | 'UNKNOWN'
  | 'HOSTNAME'
  | 'REGION'
  | 'ZONE';

export interface SchedulerAttributeConstraintPredicate {
  exists?: SchedulerAttributeConstraintPredicateExists;
  not_exists?: SchedulerAttributeConstraintPredicateNotExists;
  text_equals?: SchedulerAttributeConstraintPredicateTextEquals;
  text_not_equals?: SchedulerAttributeConstraintPredicateTextNotEquals;
  text_matches?: SchedulerAttributeConstraintPredicateTextMatches;
  text_not_matches?: SchedulerAttributeConstraintPredicateTextNotMatches;
}
export const SchedulerAttributeConstraintPredicate: MessageType<SchedulerAttributeConstraintPredicate> = messageType('mesos.v1.scheduler.AttributeConstraint.Predicate');

export interface SchedulerAttributeConstraintPredicateExists {}
export const SchedulerAttributeConstraintPredicateExists: MessageType<SchedulerAttributeConstraintPredicateExists> = messageType('mesos.v1.scheduler.AttributeConstraint.Predicate.Exists');

export interface SchedulerAttributeConstraintPredicateNotExists {}
export const SchedulerAttributeConstraintPredicateNotExists: MessageType<SchedulerAttributeConstraintPredicateNotExists> = messageType('mesos.v1.scheduler.AttributeConstraint.Predicate.NotExists');

export interface SchedulerAttributeConstraintPredicateTextEquals {
  value: string;
}
export const SchedulerAttributeConstraintPredicateTextEquals: MessageType<SchedulerAttributeConstraintPredicateTextEquals> = messageType('mesos.v1.scheduler.AttributeConstraint.Predicate.TextEquals');

export interface SchedulerAttributeConstraintPredicateTextNotEquals {
  value: string;
}
export const SchedulerAttributeConstraintPredicateTextNotEquals: MessageType<SchedulerAttributeConstraintPredicateTextNotEquals> = messageType('mesos.v1.scheduler.AttributeConstraint.Predicate.TextNotEquals');

export interface SchedulerAttributeConstraintPredicateTextMatches {
  regex: string;
}
export const SchedulerAttributeConstraintPredicateTextMatches: MessageType<SchedulerAttributeConstraintPredicateTextMatches> = messageType('mesos.v1.scheduler.AttributeConstraint.Predicate.TextMatches');

export interface SchedulerAttributeConstraintPredicateTextNotMatches {
  regex: string;
}
export const SchedulerAttributeConstraintPredicateTextNotMatches: MessageType<SchedulerAttributeConstraintPredicateTextNotMatches> = messageType('mesos.v1.scheduler.AttributeConstraint.Predicate.TextNotMatches');

export interface SchedulerOfferConstraints {
  role_constraints?: Record<string, SchedulerOfferConstraintsRoleConstraints>;
}
export const SchedulerOfferConstraints: MessageType<SchedulerOfferConstraints> = messageType('mesos.v1.scheduler.OfferConstraints');

export interface SchedulerOfferConstraintsRoleConstraints {
  groups?: SchedulerOfferConstraintsRoleConstraintsGroup[];
}
export const SchedulerOfferConstraintsRoleConstraints: MessageType<SchedulerOfferConstraintsRoleConstraints> = messageType('mesos.v1.scheduler.OfferConstraints.RoleConstraints');

export interface SchedulerOfferConstraintsRoleConstraintsGroup {
  attribute_constraints?: SchedulerAttributeConstraint[];
}
export const SchedulerOfferConstraintsRoleConstraintsGroup: MessageType<SchedulerOfferConstraintsRoleConstraintsGroup> = messageType('mesos.v1.scheduler.OfferConstraints.RoleConstraints.Group');

export interface SchedulerCall {
  framework_id?: FrameworkID;
  type?: SchedulerCallType;
  subscribe?: SchedulerCallSubscribe;
  accept?: SchedulerCallAccept;
  decline?: SchedulerCallDecline;
  kill?: SchedulerCallKill;
  shutdown?: SchedulerCallShutdown;
  acknowledge?: SchedulerCallAcknowledge;
  reconcile?: SchedulerCallReconcile;
  message?: SchedulerCallMessage;
  request?: SchedulerCallRequest;
  accept_inverse_offers?: SchedulerCallAcceptInverseOffers;
  decline_inverse_offers?: SchedulerCallDeclineInverseOffers;
  revive?: SchedulerCallRevive;
  suppress?: SchedulerCallSuppress;
  acknowledge_operation_status?: SchedulerCallAcknowledgeOperationStatus;
  reconcile_operations?: SchedulerCallReconcileOperations;
  update_framework?: SchedulerCallUpdateFramework;
}
export const SchedulerCall: MessageType<SchedulerCall> = messageType('mesos.v1.scheduler.Call');

export type SchedulerCallType =
  | 'UNKNOWN'
  | 'SUBSCRIBE'
  | 'TEARDOWN'
  | 'ACCEPT'
  | 'DECLINE'
  | 'REVIVE'
  | 'KILL'
  | 'SHUTDOWN'
  | 'ACKNOWLEDGE'
  | 'RECONCILE'
  | 'MESSAGE'
  | 'REQUEST'
  | 'SUPPRESS'
  | 'ACCEPT_INVERSE_OFFERS'
  | 'DECLINE_INVERSE_OFFERS'
  | 'ACKNOWLEDGE_OPERATION_STATUS'
  | 'RECONCILE_OPERATIONS'
  | 'UPDATE_FRAMEWORK';

export interface SchedulerCallSubscribe {
  framework_info: FrameworkInfo;
  suppressed_roles?: string[];
  offer_constraints?: SchedulerOfferConstraints;
}
export const SchedulerCallSubscribe: MessageType<SchedulerCallSubscribe> = messageType('mesos.v1.scheduler.Call.Subscribe');

export interface SchedulerCallAccept {
  offer_ids?: OfferID[];
  operations?: OfferOperation[];
  filters?: Filters;
}
export const SchedulerCallAccept: MessageType<SchedulerCallAccept> = messageType('mesos.v1.scheduler.Call.Accept');

export interface SchedulerCallDecline {
  offer_ids?: OfferID[];
  filters?: Filters;
}
export const SchedulerCallDecline: MessageType<SchedulerCallDecline> = messageType('mesos.v1.scheduler.Call.Decline');

export interface SchedulerCallAcceptInverseOffers {
  inverse_offer_ids?: OfferID[];
  filters?: Filters;
}
export const SchedulerCallAcceptInverseOffers: MessageType<SchedulerCallAcceptInverseOffers> = messageType('mesos.v1.scheduler.Call.AcceptInverseOffers');

export interface SchedulerCallDeclineInverseOffers {
  inverse_offer_ids?: OfferID[];
  filters?: Filters;
}
export const SchedulerCallDeclineInverseOffers: MessageType<SchedulerCallDeclineInverseOffers> = messageType('mesos.v1.scheduler.Call.DeclineInverseOffers');

export interface SchedulerCallRevive {
  roles?: string[];
}
export const SchedulerCallRevive: MessageType<SchedulerCallRevive> = messageType('mesos.v1.scheduler.Call.Revive');

export interface SchedulerCallKill {
  task_id: TaskID;
  agent_id?: AgentID;
  kill_policy?: KillPolicy;
}
export const SchedulerCallKill: MessageType<SchedulerCallKill> = messageType('mesos.v1.scheduler.Call.Kill');

export interface SchedulerCallShutdown {
  executor_id: ExecutorID;
  agent_id: AgentID;
}
export const SchedulerCallShutdown: MessageType<SchedulerCallShutdown> = messageType('mesos.v1.scheduler.Call.Shutdown');

export interface SchedulerCallAcknowledge {
  agent_id: AgentID;
  task_id: TaskID;
  /** Base64. */
  uuid: string;
}
export const SchedulerCallAcknowledge: MessageType<SchedulerCallAcknowledge> = messageType('mesos.v1.scheduler.Call.Acknowledge');

export interface SchedulerCallAcknowledgeOperationStatus {
  agent_id?: AgentID;
  resource_provider_id?: ResourceProviderID;
  /** Base64. */
  uuid: string;
  operation_id: OperationID;
}
export const SchedulerCallAcknowledgeOperationStatus: MessageType<SchedulerCallAcknowledgeOperationStatus> = messageType('mesos.v1.scheduler.Call.AcknowledgeOperationStatus');

export interface SchedulerCallReconcile {
  tasks?: SchedulerCallReconcileTask[];
}
export const SchedulerCallReconcile: MessageType<SchedulerCallReconcile> = messageType('mesos.v1.scheduler.Call.Reconcile');

export interface SchedulerCallReconcileTask {
  task_id: TaskID;
  agent_id?: AgentID;
}
export const SchedulerCallReconcileTask: MessageType<SchedulerCallReconcileTask> = messageType('mesos.v1.scheduler.Call.Reconcile.Task');

export interface SchedulerCallReconcileOperations {
  operations?: SchedulerCallReconcileOperationsOperation[];
}
export const SchedulerCallReconcileOperations: MessageType<SchedulerCallReconcileOperations> = messageType('mesos.v1.scheduler.Call.ReconcileOperations');

export interface SchedulerCallReconcileOperationsOperation {
  operation_id: OperationID;
  agent_id?: AgentID;
  resource_provider_id?: ResourceProviderID;
}
export const SchedulerCallReconcileOperationsOperation: MessageType<SchedulerCallReconcileOperationsOperation> = messageType('mesos.v1.scheduler.Call.ReconcileOperations.Operation');

export interface SchedulerCallMessage {
  agent_id: AgentID;
  executor_id: ExecutorID;
  /** Base64. */
  data: string;
}
export const SchedulerCallMessage: MessageType<SchedulerCallMessage> = messageType('mesos.v1.scheduler.Call.Message');

export interface SchedulerCallRequest {
  requests?: Request[];
}
export const SchedulerCallRequest: MessageType<SchedulerCallRequest> = messageType('mesos.v1.scheduler.Call.Request');

export interface SchedulerCallSuppress {
  roles?: string[];
}
export const SchedulerCallSuppress: MessageType<SchedulerCallSuppress> = messageType('mesos.v1.scheduler.Call.Suppress');

export interface SchedulerCallUpdateFramework {
  framework_info: FrameworkInfo;
  suppressed_roles?: string[];
  offer_constraints?: SchedulerOfferConstraints;
}
export const SchedulerCallUpdateFramework: MessageType<SchedulerCallUpdateFramework> = messageType('mesos.v1.scheduler.Call.UpdateFramework');

export interface SchedulerAPIResult {
  status_code: number;
  response?: SchedulerResponse;
  error?: string;
}
export const SchedulerAPIResult: MessageType<SchedulerAPIResult> = messageType('mesos.v1.scheduler.APIResult');

export interface ProtobufDuration {
  seconds?: number;
  nanos?: number;
}
export const ProtobufDuration: MessageType<ProtobufDuration> = messageType('google.protobuf.Duration');
