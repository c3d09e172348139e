// Generated from proto/ by scripts/generate-protocol.ts. Do not edit.

/** Field tables by full message name. */
export const messageTables: Readonly<Record<string, string>> = {
  'appc.spec.ImageManifest': `1 ! acKind string
2 ! acVersion string
3 ! name string
4 * labels m:appc.spec.ImageManifest.Label
5 * annotations m:appc.spec.ImageManifest.Annotation
6 * dependencies m:appc.spec.ImageManifest.Dependency
7 ? app m:appc.spec.ImageManifest.App`,
  'appc.spec.ImageManifest.Label': `1 ! name string
2 ! value string`,
  'appc.spec.ImageManifest.Environment': `1 ! name string
2 ! value string`,
  'appc.spec.ImageManifest.App': `1 * exec string
2 ? workingDirectory string
3 * environment m:appc.spec.ImageManifest.Environment`,
  'appc.spec.ImageManifest.Annotation': `1 ! name string
2 ! value string`,
  'appc.spec.ImageManifest.Dependency': `1 ! imageName string
2 ? imageID string
3 * labels m:appc.spec.ImageManifest.Label
4 ? size uint64`,
  'docker.spec.ImageReference': `1 ? registry string
2 ! repository string
3 ? tag string
4 ? digest string`,
  'docker.spec.Config': ``,
  'docker.spec.Config.Auth': `1 ? auth string
2 ? email string`,
  'docker.spec.v1.ImageManifest': `1 ? id string
2 ? parent string
3 ? comment string
4 ? created string
5 ? container string
6 ? container_config m:docker.spec.v1.ImageManifest.Config
7 ? docker_version string
8 ? author string
9 ? config m:docker.spec.v1.ImageManifest.Config
10 ? architecture string
11 ? os string
12 ? Size uint32`,
  'docker.spec.v1.ImageManifest.Config': `1 ? Hostname string
2 * Entrypoint string
3 * Env string
4 ? User string
5 * Cmd string
6 ? WorkingDir string
8 ? Image string
9 % Labels string`,
  'docker.spec.v2.ImageManifest': `1 ! name string
2 ! tag string
3 ! architecture string
4 * fsLayers m:docker.spec.v2.ImageManifest.FsLayer
5 * history m:docker.spec.v2.ImageManifest.History
6 ! schemaVersion uint32
7 * signatures m:docker.spec.v2.ImageManifest.Signature`,
  'docker.spec.v2.ImageManifest.FsLayer': `1 ! blobSum string`,
  'docker.spec.v2.ImageManifest.History': `1 ! v1Compatibility string
2 ? v1 m:docker.spec.v1.ImageManifest`,
  'docker.spec.v2.ImageManifest.Signature': `1 ! header m:docker.spec.v2.ImageManifest.Signature.Header
2 ! signature string
3 ! protected string`,
  'docker.spec.v2.ImageManifest.Signature.Header': `1 ? jwk m:docker.spec.v2.ImageManifest.Signature.Header.Jwk
2 ! alg string`,
  'docker.spec.v2.ImageManifest.Signature.Header.Jwk': `1 ? crv string
2 ? kid string
3 ! kty string
4 ? x string
5 ? y string`,
  'docker.spec.v2_2.ImageManifest': `1 ! schemaVersion uint32
2 ! mediaType string
3 ! config m:docker.spec.v2_2.ImageManifest.Config
4 * layers m:docker.spec.v2_2.ImageManifest.Layer`,
  'docker.spec.v2_2.ImageManifest.Config': `1 ! mediaType string
2 ! size uint32
3 ! digest string`,
  'docker.spec.v2_2.ImageManifest.Layer': `1 ! mediaType string
2 ! size uint32
3 ! digest string
4 * urls string`,
  'mesos.ACL': ``,
  'mesos.ACL.Entity': `1 ? type e:mesos.ACL.Entity.Type SOME
2 * values string`,
  'mesos.ACL.RegisterFramework': `1 ! principals m:mesos.ACL.Entity
2 ! roles m:mesos.ACL.Entity`,
  'mesos.ACL.RunTask': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.TeardownFramework': `1 ! principals m:mesos.ACL.Entity
2 ! framework_principals m:mesos.ACL.Entity`,
  'mesos.ACL.ReserveResources': `1 ! principals m:mesos.ACL.Entity
2 ! roles m:mesos.ACL.Entity`,
  'mesos.ACL.UnreserveResources': `1 ! principals m:mesos.ACL.Entity
2 ! reserver_principals m:mesos.ACL.Entity`,
  'mesos.ACL.CreateVolume': `1 ! principals m:mesos.ACL.Entity
2 ! roles m:mesos.ACL.Entity`,
  'mesos.ACL.DestroyVolume': `1 ! principals m:mesos.ACL.Entity
2 ! creator_principals m:mesos.ACL.Entity`,
  'mesos.ACL.ResizeVolume': `1 ! principals m:mesos.ACL.Entity
2 ! roles m:mesos.ACL.Entity`,
  'mesos.ACL.GetQuota': `1 ! principals m:mesos.ACL.Entity
2 ! roles m:mesos.ACL.Entity`,
  'mesos.ACL.UpdateQuota': `1 ! principals m:mesos.ACL.Entity
2 ! roles m:mesos.ACL.Entity`,
  'mesos.ACL.ViewRole': `1 ! principals m:mesos.ACL.Entity
2 ! roles m:mesos.ACL.Entity`,
  'mesos.ACL.UpdateWeight': `1 ! principals m:mesos.ACL.Entity
2 ! roles m:mesos.ACL.Entity`,
  'mesos.ACL.GetEndpoint': `1 ! principals m:mesos.ACL.Entity
2 ! paths m:mesos.ACL.Entity`,
  'mesos.ACL.ViewFramework': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.ViewTask': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.ViewExecutor': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.AccessSandbox': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.AccessMesosLog': `1 ! principals m:mesos.ACL.Entity
2 ! logs m:mesos.ACL.Entity`,
  'mesos.ACL.ViewFlags': `1 ! principals m:mesos.ACL.Entity
2 ! flags m:mesos.ACL.Entity`,
  'mesos.ACL.LaunchNestedContainerAsUser': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.LaunchNestedContainerUnderParentWithUser': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.LaunchNestedContainerSessionAsUser': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.LaunchNestedContainerSessionUnderParentWithUser': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.AttachContainerInput': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.AttachContainerOutput': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.KillNestedContainer': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.WaitNestedContainer': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.ViewContainer': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.RemoveNestedContainer': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.SetLogLevel': `1 ! principals m:mesos.ACL.Entity
2 ! level m:mesos.ACL.Entity`,
  'mesos.ACL.RegisterAgent': `1 ! principals m:mesos.ACL.Entity
2 ! agents m:mesos.ACL.Entity`,
  'mesos.ACL.UpdateMaintenanceSchedule': `1 ! principals m:mesos.ACL.Entity
2 ! machines m:mesos.ACL.Entity`,
  'mesos.ACL.GetMaintenanceSchedule': `1 ! principals m:mesos.ACL.Entity
2 ! machines m:mesos.ACL.Entity`,
  'mesos.ACL.StartMaintenance': `1 ! principals m:mesos.ACL.Entity
2 ! machines m:mesos.ACL.Entity`,
  'mesos.ACL.StopMaintenance': `1 ! principals m:mesos.ACL.Entity
2 ! machines m:mesos.ACL.Entity`,
  'mesos.ACL.GetMaintenanceStatus': `1 ! principals m:mesos.ACL.Entity
2 ! machines m:mesos.ACL.Entity`,
  'mesos.ACL.DrainAgent': `1 ! principals m:mesos.ACL.Entity
2 ! agents m:mesos.ACL.Entity`,
  'mesos.ACL.DeactivateAgent': `1 ! principals m:mesos.ACL.Entity
2 ! agents m:mesos.ACL.Entity`,
  'mesos.ACL.ReactivateAgent': `1 ! principals m:mesos.ACL.Entity
2 ! agents m:mesos.ACL.Entity`,
  'mesos.ACL.MarkAgentGone': `1 ! principals m:mesos.ACL.Entity
2 ! agents m:mesos.ACL.Entity`,
  'mesos.ACL.LaunchStandaloneContainer': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.KillStandaloneContainer': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.WaitStandaloneContainer': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.RemoveStandaloneContainer': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.ViewStandaloneContainer': `1 ! principals m:mesos.ACL.Entity
2 ! users m:mesos.ACL.Entity`,
  'mesos.ACL.MarkResourceProvidersGone': `1 ! principals m:mesos.ACL.Entity
2 ! resource_providers m:mesos.ACL.Entity`,
  'mesos.ACL.ModifyResourceProviderConfig': `1 ! principals m:mesos.ACL.Entity
2 ! resource_providers m:mesos.ACL.Entity`,
  'mesos.ACL.PruneImages': `1 ! principals m:mesos.ACL.Entity
2 ! images m:mesos.ACL.Entity`,
  'mesos.ACL.CreateBlockDisk': `1 ! principals m:mesos.ACL.Entity
2 ! roles m:mesos.ACL.Entity`,
  'mesos.ACL.DestroyBlockDisk': `1 ! principals m:mesos.ACL.Entity
2 ! roles m:mesos.ACL.Entity`,
  'mesos.ACL.CreateMountDisk': `1 ! principals m:mesos.ACL.Entity
2 ! roles m:mesos.ACL.Entity`,
  'mesos.ACL.DestroyMountDisk': `1 ! principals m:mesos.ACL.Entity
2 ! roles m:mesos.ACL.Entity`,
  'mesos.ACL.DestroyRawDisk': `1 ! principals m:mesos.ACL.Entity
2 ! roles m:mesos.ACL.Entity`,
  'mesos.ACL.ViewResourceProvider': `1 ! principals m:mesos.ACL.Entity
2 ! resource_providers m:mesos.ACL.Entity`,
  'mesos.ACLs': `1 ? permissive bool true
2 * register_frameworks m:mesos.ACL.RegisterFramework
3 * run_tasks m:mesos.ACL.RunTask
5 * reserve_resources m:mesos.ACL.ReserveResources
6 * unreserve_resources m:mesos.ACL.UnreserveResources
7 * create_volumes m:mesos.ACL.CreateVolume
8 * destroy_volumes m:mesos.ACL.DestroyVolume
11 * teardown_frameworks m:mesos.ACL.TeardownFramework
12 * update_weights m:mesos.ACL.UpdateWeight
13 * get_endpoints m:mesos.ACL.GetEndpoint
14 * get_quotas m:mesos.ACL.GetQuota
15 * update_quotas m:mesos.ACL.UpdateQuota
16 * view_frameworks m:mesos.ACL.ViewFramework
17 * view_tasks m:mesos.ACL.ViewTask
18 * view_executors m:mesos.ACL.ViewExecutor
19 * access_sandboxes m:mesos.ACL.AccessSandbox
20 * access_mesos_logs m:mesos.ACL.AccessMesosLog
21 * view_roles m:mesos.ACL.ViewRole
22 * view_flags m:mesos.ACL.ViewFlags
23 * launch_nested_containers_as_user m:mesos.ACL.LaunchNestedContainerAsUser
24 * launch_nested_containers_under_parent_with_user m:mesos.ACL.LaunchNestedContainerUnderParentWithUser
25 * kill_nested_containers m:mesos.ACL.KillNestedContainer
26 * wait_nested_containers m:mesos.ACL.WaitNestedContainer
27 * launch_nested_container_sessions_as_user m:mesos.ACL.LaunchNestedContainerSessionAsUser
28 * launch_nested_container_sessions_under_parent_with_user m:mesos.ACL.LaunchNestedContainerSessionUnderParentWithUser
29 * attach_containers_input m:mesos.ACL.AttachContainerInput
30 * attach_containers_output m:mesos.ACL.AttachContainerOutput
31 * view_containers m:mesos.ACL.ViewContainer
32 * set_log_level m:mesos.ACL.SetLogLevel
33 * remove_nested_containers m:mesos.ACL.RemoveNestedContainer
34 * register_agents m:mesos.ACL.RegisterAgent
35 * update_maintenance_schedules m:mesos.ACL.UpdateMaintenanceSchedule
36 * get_maintenance_schedules m:mesos.ACL.GetMaintenanceSchedule
37 * start_maintenances m:mesos.ACL.StartMaintenance
38 * stop_maintenances m:mesos.ACL.StopMaintenance
39 * get_maintenance_statuses m:mesos.ACL.GetMaintenanceStatus
40 * mark_agents_gone m:mesos.ACL.MarkAgentGone
41 * launch_standalone_containers m:mesos.ACL.LaunchStandaloneContainer
42 * kill_standalone_containers m:mesos.ACL.KillStandaloneContainer
43 * wait_standalone_containers m:mesos.ACL.WaitStandaloneContainer
44 * remove_standalone_containers m:mesos.ACL.RemoveStandaloneContainer
45 * modify_resource_provider_configs m:mesos.ACL.ModifyResourceProviderConfig
46 * view_standalone_containers m:mesos.ACL.ViewStandaloneContainer
47 * prune_images m:mesos.ACL.PruneImages
48 * resize_volumes m:mesos.ACL.ResizeVolume
49 * create_block_disks m:mesos.ACL.CreateBlockDisk
50 * destroy_block_disks m:mesos.ACL.DestroyBlockDisk
51 * create_mount_disks m:mesos.ACL.CreateMountDisk
52 * destroy_mount_disks m:mesos.ACL.DestroyMountDisk
53 * view_resource_providers m:mesos.ACL.ViewResourceProvider
54 * mark_resource_providers_gone m:mesos.ACL.MarkResourceProvidersGone
55 * destroy_raw_disks m:mesos.ACL.DestroyRawDisk
56 * drain_agents m:mesos.ACL.DrainAgent
57 * deactivate_agents m:mesos.ACL.DeactivateAgent
58 * reactivate_agents m:mesos.ACL.ReactivateAgent`,
  'mesos.Modules': `1 * libraries m:mesos.Modules.Library`,
  'mesos.Modules.Library': `1 ? file string
2 ? name string
3 * modules m:mesos.Modules.Library.Module`,
  'mesos.Modules.Library.Module': `1 ? name string
2 * parameters m:mesos.v1.Parameter`,
  'mesos.DockerTaskExecutorPrepareInfo': `1 ? executorEnvironment m:mesos.v1.Environment
2 ? taskEnvironment m:mesos.v1.Environment`,
  'mesos.containerizer.Launch': `1 ! container_id m:mesos.v1.ContainerID
2 ? task_info m:mesos.v1.TaskInfo
3 ? executor_info m:mesos.v1.ExecutorInfo
4 ? directory string
5 ? user string
6 ? agent_id m:mesos.v1.AgentID
7 ? agent_pid string
8 ? checkpoint bool`,
  'mesos.containerizer.Update': `1 ! container_id m:mesos.v1.ContainerID
2 * resources m:mesos.v1.Resource`,
  'mesos.containerizer.Wait': `1 ! container_id m:mesos.v1.ContainerID`,
  'mesos.containerizer.Destroy': `1 ! container_id m:mesos.v1.ContainerID`,
  'mesos.containerizer.Usage': `1 ! container_id m:mesos.v1.ContainerID`,
  'mesos.containerizer.Termination': `1 ! killed bool
2 ! message string
3 ? status int32`,
  'mesos.containerizer.Containers': `1 * containers m:mesos.v1.ContainerID`,
  'mesos.fetcher.FetcherInfo': `1 ! sandbox_directory string
2 ? cache_directory string
3 * items m:mesos.fetcher.FetcherInfo.Item
4 ? user string
5 ? frameworks_home string
6 ? stall_timeout m:mesos.v1.DurationInfo`,
  'mesos.fetcher.FetcherInfo.Item': `1 ! uri m:mesos.v1.CommandInfo.URI
2 ! action e:mesos.fetcher.FetcherInfo.Item.Action
3 ? cache_filename string`,
  'mesos.internal.slave.cni.spec.Route': `1 ! dst string
2 ? gw string`,
  'mesos.internal.slave.cni.spec.DNS': `1 * nameservers string
2 ? domain string
3 * search string
4 * options string`,
  'mesos.internal.slave.cni.spec.IPConfig': `1 ! ip string
2 ? gateway string
3 * routes m:mesos.internal.slave.cni.spec.Route`,
  'mesos.internal.slave.cni.spec.NetworkConfig': `1 ! name string
2 ! type string
3 ? ipam m:mesos.internal.slave.cni.spec.NetworkConfig.IPAM
4 ? dns m:mesos.internal.slave.cni.spec.DNS`,
  'mesos.internal.slave.cni.spec.NetworkConfig.IPAM': `1 ! type string
2 * routes m:mesos.internal.slave.cni.spec.Route`,
  'mesos.internal.slave.cni.spec.NetworkInfo': `1 ? ip4 m:mesos.internal.slave.cni.spec.IPConfig
2 ? ip6 m:mesos.internal.slave.cni.spec.IPConfig
3 ? dns m:mesos.internal.slave.cni.spec.DNS`,
  'mesos.internal.slave.cni.spec.Error': `1 ! cniVersion string
2 ! code uint32
3 ! msg string
4 ? details string`,
  'mesos.internal.slave.ResourceState': `1 * operations m:mesos.v1.Operation
2 * resources m:mesos.v1.Resource`,
  'mesos.internal.slave.VolumeGidInfo': `1 ? type e:mesos.internal.slave.VolumeGidInfo.Type
2 ! path string
3 ! gid uint32`,
  'mesos.internal.slave.VolumeGidInfos': `1 * infos m:mesos.internal.slave.VolumeGidInfo`,
  'mesos.internal.AuthenticateMessage': `1 ! pid string`,
  'mesos.internal.AuthenticationMechanismsMessage': `1 * mechanisms string`,
  'mesos.internal.AuthenticationStartMessage': `1 ! mechanism string
2 ? data bytes`,
  'mesos.internal.AuthenticationStepMessage': `1 ! data bytes`,
  'mesos.internal.AuthenticationCompletedMessage': ``,
  'mesos.internal.AuthenticationFailedMessage': ``,
  'mesos.internal.AuthenticationErrorMessage': `1 ? error string`,
  'mesos.internal.StatusUpdate': `1 ! framework_id m:mesos.v1.FrameworkID
2 ? executor_id m:mesos.v1.ExecutorID
3 ? agent_id m:mesos.v1.AgentID
4 ! status m:mesos.v1.TaskStatus
5 ! timestamp double
6 ? uuid bytes
7 ? latest_state e:mesos.v1.TaskState`,
  'mesos.internal.StatusUpdateRecord': `1 ! type e:mesos.internal.StatusUpdateRecord.Type
2 ? update m:mesos.internal.StatusUpdate
3 ? uuid bytes`,
  'mesos.internal.SubmitSchedulerRequest': `1 ! name string`,
  'mesos.internal.SubmitSchedulerResponse': `1 ! okay bool`,
  'mesos.internal.ExecutorToFrameworkMessage': `1 ! agent_id m:mesos.v1.AgentID
2 ! framework_id m:mesos.v1.FrameworkID
3 ! executor_id m:mesos.v1.ExecutorID
4 ! data bytes`,
  'mesos.internal.FrameworkToExecutorMessage': `1 ! agent_id m:mesos.v1.AgentID
2 ! framework_id m:mesos.v1.FrameworkID
3 ! executor_id m:mesos.v1.ExecutorID
4 ! data bytes`,
  'mesos.internal.RegisterFrameworkMessage': `1 ! framework m:mesos.v1.FrameworkInfo`,
  'mesos.internal.ReregisterFrameworkMessage': `2 ! framework m:mesos.v1.FrameworkInfo
3 ! failover bool`,
  'mesos.internal.FrameworkRegisteredMessage': `1 ! framework_id m:mesos.v1.FrameworkID
2 ! master_info m:mesos.v1.MasterInfo`,
  'mesos.internal.FrameworkReregisteredMessage': `1 ! framework_id m:mesos.v1.FrameworkID
2 ! master_info m:mesos.v1.MasterInfo`,
  'mesos.internal.UnregisterFrameworkMessage': `1 ! framework_id m:mesos.v1.FrameworkID`,
  'mesos.internal.DeactivateFrameworkMessage': `1 ! framework_id m:mesos.v1.FrameworkID`,
  'mesos.internal.ResourceRequestMessage': `1 ! framework_id m:mesos.v1.FrameworkID
2 * requests m:mesos.v1.Request`,
  'mesos.internal.ResourceOffersMessage': `1 * offers m:mesos.v1.Offer
2 * pids string`,
  'mesos.internal.InverseOffersMessage': `1 * inverse_offers m:mesos.v1.InverseOffer
2 * pids string`,
  'mesos.internal.LaunchTasksMessage': `1 ! framework_id m:mesos.v1.FrameworkID
3 * tasks m:mesos.v1.TaskInfo
5 ! filters m:mesos.v1.Filters
6 * offer_ids m:mesos.v1.OfferID`,
  'mesos.internal.RescindResourceOfferMessage': `1 ! offer_id m:mesos.v1.OfferID`,
  'mesos.internal.RescindInverseOfferMessage': `1 ! inverse_offer_id m:mesos.v1.OfferID`,
  'mesos.internal.ReviveOffersMessage': `1 ! framework_id m:mesos.v1.FrameworkID
2 * roles string`,
  'mesos.internal.RunTaskMessage': `1 ? framework_id m:mesos.v1.FrameworkID
2 ! framework m:mesos.v1.FrameworkInfo
3 ? pid string
4 ! task m:mesos.v1.TaskInfo
5 * resource_version_uuids m:mesos.internal.ResourceVersionUUID
6 ? launch_executor bool`,
  'mesos.internal.RunTaskGroupMessage': `1 ! framework m:mesos.v1.FrameworkInfo
2 ! executor m:mesos.v1.ExecutorInfo
3 ! task_group m:mesos.v1.TaskGroupInfo
4 * resource_version_uuids m:mesos.internal.ResourceVersionUUID
5 ? launch_executor bool`,
  'mesos.internal.KillTaskMessage': `1 ! framework_id m:mesos.v1.FrameworkID
2 ! task_id m:mesos.v1.TaskID
3 ? kill_policy m:mesos.v1.KillPolicy`,
  'mesos.internal.StatusUpdateMessage': `1 ! update m:mesos.internal.StatusUpdate
2 ? pid string`,
  'mesos.internal.StatusUpdateAcknowledgementMessage': `1 ! agent_id m:mesos.v1.AgentID
2 ! framework_id m:mesos.v1.FrameworkID
3 ! task_id m:mesos.v1.TaskID
4 ! uuid bytes`,
  'mesos.internal.AcknowledgeOperationStatusMessage': `1 ! status_uuid m:mesos.v1.UUID
2 ! operation_uuid m:mesos.v1.UUID
3 ? resource_provider_id m:mesos.v1.ResourceProviderID`,
  'mesos.internal.LostSlaveMessage': `1 ! agent_id m:mesos.v1.AgentID`,
  'mesos.internal.ReconcileTasksMessage': `1 ! framework_id m:mesos.v1.FrameworkID
2 * statuses m:mesos.v1.TaskStatus
3 ? framework m:mesos.v1.FrameworkInfo`,
  'mesos.internal.ReconcileOperationsMessage': `1 * operations m:mesos.internal.ReconcileOperationsMessage.Operation
2 ? framework_id m:mesos.v1.FrameworkID`,
  'mesos.internal.ReconcileOperationsMessage.Operation': `1 ? operation_uuid m:mesos.v1.UUID
2 ? resource_provider_id m:mesos.v1.ResourceProviderID
3 ? operation_id m:mesos.v1.OperationID`,
  'mesos.internal.FrameworkErrorMessage': `2 ! message string`,
  'mesos.internal.RegisterSlaveMessage': `1 ! agent m:mesos.v1.AgentInfo
2 ? version string
3 * checkpointed_resources m:mesos.v1.Resource
4 * agent_capabilities m:mesos.v1.AgentInfo.Capability
5 ? resource_version_uuid m:mesos.v1.UUID`,
  'mesos.internal.ReregisterSlaveMessage': `2 ! agent m:mesos.v1.AgentInfo
3 * tasks m:mesos.v1.Task
4 * executor_infos m:mesos.v1.ExecutorInfo
5 * completed_frameworks m:mesos.internal.Archive.Framework
6 ? version string
7 * checkpointed_resources m:mesos.v1.Resource
8 * frameworks m:mesos.v1.FrameworkInfo
9 * agent_capabilities m:mesos.v1.AgentInfo.Capability
10 ? resource_version_uuid m:mesos.v1.UUID`,
  'mesos.internal.SlaveRegisteredMessage': `1 ! agent_id m:mesos.v1.AgentID
2 ? connection m:mesos.internal.MasterSlaveConnection`,
  'mesos.internal.SlaveReregisteredMessage': `1 ! agent_id m:mesos.v1.AgentID
2 * reconciliations m:mesos.internal.ReconcileTasksMessage
3 ? connection m:mesos.internal.MasterSlaveConnection`,
  'mesos.internal.UnregisterSlaveMessage': `1 ! agent_id m:mesos.v1.AgentID`,
  'mesos.internal.MasterSlaveConnection': `1 ? total_ping_timeout_seconds double
1000 ? knows_shared_ports bool`,
  'mesos.internal.PingSlaveMessage': `1 ! connected bool`,
  'mesos.internal.PongSlaveMessage': ``,
  'mesos.internal.ShutdownFrameworkMessage': `1 ! framework_id m:mesos.v1.FrameworkID`,
  'mesos.internal.ShutdownExecutorMessage': `1 ? executor_id m:mesos.v1.ExecutorID
2 ? framework_id m:mesos.v1.FrameworkID`,
  'mesos.internal.UpdateFrameworkMessage': `1 ! framework_id m:mesos.v1.FrameworkID
2 ? pid string
3 ? framework_info m:mesos.v1.FrameworkInfo`,
  'mesos.internal.CheckpointResourcesMessage': `1 * resources m:mesos.v1.Resource`,
  'mesos.internal.ResourceVersionUUID': `1 ? resource_provider_id m:mesos.v1.ResourceProviderID
2 ! uuid m:mesos.v1.UUID`,
  'mesos.internal.UpdateSlaveMessage': `1 ! agent_id m:mesos.v1.AgentID
2 * oversubscribed_resources m:mesos.v1.Resource
5 ? update_oversubscribed_resources bool
6 ? operations m:mesos.internal.UpdateSlaveMessage.Operations
7 ? resource_version_uuid m:mesos.v1.UUID
8 ? resource_providers m:mesos.internal.UpdateSlaveMessage.ResourceProviders`,
  'mesos.internal.UpdateSlaveMessage.Operations': `1 * operations m:mesos.v1.Operation`,
  'mesos.internal.UpdateSlaveMessage.ResourceProvider': `1 ? info m:mesos.v1.ResourceProviderInfo
2 * total_resources m:mesos.v1.Resource
3 ! operations m:mesos.internal.UpdateSlaveMessage.Operations
4 ! resource_version_uuid m:mesos.v1.UUID`,
  'mesos.internal.UpdateSlaveMessage.ResourceProviders': `1 * providers m:mesos.internal.UpdateSlaveMessage.ResourceProvider`,
  'mesos.internal.UpdateOperationStatusMessage': `1 ? framework_id m:mesos.v1.FrameworkID
2 ? agent_id m:mesos.v1.AgentID
3 ! status m:mesos.v1.OperationStatus
4 ? latest_status m:mesos.v1.OperationStatus
5 ? operation_uuid m:mesos.v1.UUID`,
  'mesos.internal.UpdateOperationStatusRecord': `1 ! type e:mesos.internal.UpdateOperationStatusRecord.Type
2 ? update m:mesos.internal.UpdateOperationStatusMessage
3 ? uuid m:mesos.v1.UUID`,
  'mesos.internal.ApplyOperationMessage': `1 ? framework_id m:mesos.v1.FrameworkID
2 ! operation_info m:mesos.v1.Offer.Operation
3 ! operation_uuid m:mesos.v1.UUID
4 ! resource_version_uuid m:mesos.internal.ResourceVersionUUID`,
  'mesos.internal.ResourceProviderCallMessage': `1 ! call m:mesos.v1.resource_provider.Call
2 ? uuid m:mesos.v1.UUID`,
  'mesos.internal.ResourceProviderEventMessage': `1 ! resource_provider_id m:mesos.v1.ResourceProviderID
2 ! event m:mesos.v1.resource_provider.Event
3 ? uuid m:mesos.v1.UUID`,
  'mesos.internal.RegisterExecutorMessage': `1 ! framework_id m:mesos.v1.FrameworkID
2 ! executor_id m:mesos.v1.ExecutorID`,
  'mesos.internal.ExecutorRegisteredMessage': `2 ! executor_info m:mesos.v1.ExecutorInfo
3 ! framework_id m:mesos.v1.FrameworkID
4 ! framework_info m:mesos.v1.FrameworkInfo
5 ! agent_id m:mesos.v1.AgentID
6 ! agent_info m:mesos.v1.AgentInfo`,
  'mesos.internal.ExecutorReregisteredMessage': `1 ! agent_id m:mesos.v1.AgentID
2 ! agent_info m:mesos.v1.AgentInfo`,
  'mesos.internal.ExitedExecutorMessage': `1 ! agent_id m:mesos.v1.AgentID
2 ! framework_id m:mesos.v1.FrameworkID
3 ! executor_id m:mesos.v1.ExecutorID
4 ! status int32`,
  'mesos.internal.ReconnectExecutorMessage': `1 ! agent_id m:mesos.v1.AgentID`,
  'mesos.internal.ReregisterExecutorMessage': `1 ! executor_id m:mesos.v1.ExecutorID
2 ! framework_id m:mesos.v1.FrameworkID
3 * tasks m:mesos.v1.TaskInfo
4 * updates m:mesos.internal.StatusUpdate`,
  'mesos.internal.DrainSlaveMessage': `1 ! config m:mesos.v1.DrainConfig`,
  'mesos.internal.ShutdownMessage': `1 ? message string`,
  'mesos.internal.Archive': `1 * frameworks m:mesos.internal.Archive.Framework`,
  'mesos.internal.Archive.Framework': `1 ! framework_info m:mesos.v1.FrameworkInfo
2 ? pid string
3 * tasks m:mesos.v1.Task`,
  'mesos.internal.TaskHealthStatus': `1 ! task_id m:mesos.v1.TaskID
2 ! healthy bool
3 ? kill_task bool false
4 ? consecutive_failures int32`,
  'mesos.internal.HookExecuted': `1 ? module string`,
  'mesos.internal.Firewall': `1 ? disabled_endpoints m:mesos.internal.Firewall.DisabledEndpointsRule`,
  'mesos.internal.Firewall.DisabledEndpointsRule': `1 * paths string`,
  'mesos.internal.ContainerDNSInfo': `1 * mesos m:mesos.internal.ContainerDNSInfo.MesosInfo
2 * docker m:mesos.internal.ContainerDNSInfo.DockerInfo`,
  'mesos.internal.ContainerDNSInfo.MesosInfo': `1 ? network_mode e:mesos.internal.ContainerDNSInfo.MesosInfo.NetworkMode
2 ? network_name string
3 ! dns m:mesos.internal.slave.cni.spec.DNS`,
  'mesos.internal.ContainerDNSInfo.DockerInfo': `1 ? network_mode e:mesos.internal.ContainerDNSInfo.DockerInfo.NetworkMode
2 ? network_name string
3 ! dns m:mesos.internal.ContainerDNSInfo.DockerInfo.DNS`,
  'mesos.internal.ContainerDNSInfo.DockerInfo.DNS': `1 * nameservers string
2 * search string
3 * options string`,
  'mesos.internal.SlaveCapabilities': `1 * capabilities m:mesos.v1.AgentInfo.Capability`,
  'mesos.internal.ImageGcConfig': `1 ! image_disk_headroom double
2 ! image_disk_watch_interval m:mesos.v1.DurationInfo
3 * excluded_images m:mesos.v1.Image`,
  'mesos.internal.Registry': `1 ? master m:mesos.internal.Registry.Master
2 ? agents m:mesos.internal.Registry.Slaves
3 ? machines m:mesos.internal.Registry.Machines
4 * schedules m:mesos.v1.maintenance.Schedule
5 * quotas m:mesos.internal.Registry.Quota
6 * weights m:mesos.internal.Registry.Weight
7 ? unreachable m:mesos.internal.Registry.UnreachableSlaves
8 ? gone m:mesos.internal.Registry.GoneSlaves
9 ? resource_provider_registry m:mesos.resource_provider.registry.Registry
10 * minimum_capabilities m:mesos.internal.Registry.MinimumCapability
11 * quota_configs m:mesos.v1.quota.QuotaConfig`,
  'mesos.internal.Registry.Master': `1 ! info m:mesos.v1.MasterInfo`,
  'mesos.internal.Registry.Slave': `1 ! info m:mesos.v1.AgentInfo
2 ? drain_info m:mesos.v1.DrainInfo
3 ? deactivated bool false`,
  'mesos.internal.Registry.Slaves': `1 * agents m:mesos.internal.Registry.Slave`,
  'mesos.internal.Registry.UnreachableSlave': `1 ! id m:mesos.v1.AgentID
2 ! timestamp m:mesos.v1.TimeInfo
3 ? drain_info m:mesos.v1.DrainInfo
4 ? deactivated bool false`,
  'mesos.internal.Registry.UnreachableSlaves': `1 * agents m:mesos.internal.Registry.UnreachableSlave`,
  'mesos.internal.Registry.GoneSlave': `1 ! id m:mesos.v1.AgentID
2 ! timestamp m:mesos.v1.TimeInfo`,
  'mesos.internal.Registry.GoneSlaves': `1 * agents m:mesos.internal.Registry.GoneSlave`,
  'mesos.internal.Registry.Machine': `1 ! info m:mesos.v1.MachineInfo`,
  'mesos.internal.Registry.Machines': `1 * machines m:mesos.internal.Registry.Machine`,
  'mesos.internal.Registry.Quota': `1 ! info m:mesos.v1.quota.QuotaInfo`,
  'mesos.internal.Registry.Weight': `1 ! info m:mesos.v1.WeightInfo`,
  'mesos.internal.Registry.MinimumCapability': `1 ! capability string`,
  'mesos.internal.state.Entry': `1 ! name string
2 ! uuid bytes
3 ! value bytes`,
  'mesos.internal.state.Operation': `1 ! type e:mesos.internal.state.Operation.Type
2 ? snapshot m:mesos.internal.state.Operation.Snapshot
3 ? expunge m:mesos.internal.state.Operation.Expunge
4 ? diff m:mesos.internal.state.Operation.Diff`,
  'mesos.internal.state.Operation.Snapshot': `1 ! entry m:mesos.internal.state.Entry`,
  'mesos.internal.state.Operation.Diff': `1 ! entry m:mesos.internal.state.Entry`,
  'mesos.internal.state.Operation.Expunge': `1 ! name string`,
  'mesos.resource_provider.registry.ResourceProvider': `1 ! id m:mesos.v1.ResourceProviderID
2 ? type string
3 ? name string`,
  'mesos.resource_provider.registry.Registry': `1 * resource_providers m:mesos.resource_provider.registry.ResourceProvider
2 * removed_resource_providers m:mesos.resource_provider.registry.ResourceProvider`,
  'mesos.scheduler.Call': `1 ? framework_id m:mesos.v1.FrameworkID
2 ? type e:mesos.v1.scheduler.Call.Type
3 ? subscribe m:mesos.scheduler.Call.Subscribe
4 ? accept m:mesos.v1.scheduler.Call.Accept
5 ? decline m:mesos.v1.scheduler.Call.Decline
6 ? kill m:mesos.v1.scheduler.Call.Kill
7 ? shutdown m:mesos.v1.scheduler.Call.Shutdown
8 ? acknowledge m:mesos.v1.scheduler.Call.Acknowledge
9 ? reconcile m:mesos.v1.scheduler.Call.Reconcile
10 ? message m:mesos.v1.scheduler.Call.Message
11 ? request m:mesos.v1.scheduler.Call.Request
13 ? accept_inverse_offers m:mesos.v1.scheduler.Call.AcceptInverseOffers
14 ? decline_inverse_offers m:mesos.v1.scheduler.Call.DeclineInverseOffers
15 ? revive m:mesos.v1.scheduler.Call.Revive
16 ? suppress m:mesos.v1.scheduler.Call.Suppress
17 ? acknowledge_operation_status m:mesos.v1.scheduler.Call.AcknowledgeOperationStatus
18 ? reconcile_operations m:mesos.v1.scheduler.Call.ReconcileOperations
19 ? update_framework m:mesos.v1.scheduler.Call.UpdateFramework`,
  'mesos.scheduler.Call.Subscribe': `1 ! framework_info m:mesos.v1.FrameworkInfo
2 ? force bool
3 * suppressed_roles string
4 ? offer_constraints m:mesos.v1.scheduler.OfferConstraints`,
  'mesos.seccomp.ContainerSeccompProfile': `1 ! default_action e:mesos.seccomp.ContainerSeccompProfile.Syscall.Action
2 * architectures e:mesos.seccomp.ContainerSeccompProfile.Architecture
3 * syscalls m:mesos.seccomp.ContainerSeccompProfile.Syscall`,
  'mesos.seccomp.ContainerSeccompProfile.Syscall': `1 * names string
2 ! action e:mesos.seccomp.ContainerSeccompProfile.Syscall.Action
3 * args m:mesos.seccomp.ContainerSeccompProfile.Syscall.Arg
4 ? includes m:mesos.seccomp.ContainerSeccompProfile.Syscall.Filter
5 ? excludes m:mesos.seccomp.ContainerSeccompProfile.Syscall.Filter`,
  'mesos.seccomp.ContainerSeccompProfile.Syscall.Arg': `1 ! index uint32
2 ! op e:mesos.seccomp.ContainerSeccompProfile.Syscall.Arg.Operator
3 ! value uint64
4 ! value_two uint64`,
  'mesos.seccomp.ContainerSeccompProfile.Syscall.Filter': `1 * capabilities e:mesos.v1.CapabilityInfo.Capability`,
  'mesos.slave.ContainerLimitation': `1 * resources m:mesos.v1.Resource
2 ? message string
3 ? reason e:mesos.v1.TaskStatus.Reason`,
  'mesos.slave.ContainerState': `1 ? executor_info m:mesos.v1.ExecutorInfo
2 ! container_id m:mesos.v1.ContainerID
3 ! pid uint64
4 ! directory string
5 * ephemeral_volumes string
6 ? container_info m:mesos.v1.ContainerInfo`,
  'mesos.slave.ContainerRecoverInfo': `1 * checkpointed_container_states m:mesos.slave.ContainerState
2 * orphan_container_ids m:mesos.v1.ContainerID
3 * known_container_ids m:mesos.v1.ContainerID`,
  'mesos.slave.ContainerConfig': `3 ! directory string
4 ? user string
5 ? rootfs string
7 ? docker m:mesos.slave.ContainerConfig.Docker
8 ? executor_info m:mesos.v1.ExecutorInfo
9 ? task_info m:mesos.v1.TaskInfo
10 ? appc m:mesos.slave.ContainerConfig.Appc
11 ! command_info m:mesos.v1.CommandInfo
12 ? container_info m:mesos.v1.ContainerInfo
13 * resources m:mesos.v1.Resource
14 ? container_class e:mesos.slave.ContainerClass
15 * ephemeral_volumes string
16 % limits m:mesos.v1.Value.Scalar`,
  'mesos.slave.ContainerConfig.Docker': `1 ? manifest m:docker.spec.v1.ImageManifest`,
  'mesos.slave.ContainerConfig.Appc': `1 ? manifest m:appc.spec.ImageManifest`,
  'mesos.slave.ContainerMountInfo': `1 ! target string
2 ? source string
3 ? type string
4 ? flags uint32
5 ? options string`,
  'mesos.slave.ContainerFileOperation': `1 ? operation e:mesos.slave.ContainerFileOperation.Operation
2 ? symlink m:mesos.slave.ContainerFileOperation.Symlink
3 ? mkdir m:mesos.slave.ContainerFileOperation.Mkdir
4 ? rename m:mesos.slave.ContainerFileOperation.Rename
5 ? mount m:mesos.slave.ContainerMountInfo`,
  'mesos.slave.ContainerFileOperation.Symlink': `1 ? source string
2 ? target string`,
  'mesos.slave.ContainerFileOperation.Rename': `1 ? source string
2 ? target string`,
  'mesos.slave.ContainerFileOperation.Mkdir': `1 ? target string
2 ? recursive bool`,
  'mesos.slave.ContainerLaunchInfo': `1 * pre_exec_commands m:mesos.v1.CommandInfo
2 ? environment m:mesos.v1.Environment
3 ? rootfs string
4 * clone_namespaces int32
5 ? command m:mesos.v1.CommandInfo
6 ? working_directory string
7 ? effective_capabilities m:mesos.v1.CapabilityInfo
8 ? rlimits m:mesos.v1.RLimitInfo
9 * enter_namespaces int32
10 ? user string
14 ? tty_agent_path string
15 ? task_environment m:mesos.v1.Environment
16 ? bounding_capabilities m:mesos.v1.CapabilityInfo
17 * mounts m:mesos.slave.ContainerMountInfo
18 ? seccomp_profile m:mesos.seccomp.ContainerSeccompProfile
19 * supplementary_groups uint32
20 * task_supplementary_groups uint32
21 * masked_paths string
22 * file_operations m:mesos.slave.ContainerFileOperation
23 ? no_new_privileges bool`,
  'mesos.slave.ContainerTermination': `2 ? message string
3 ? status int32
4 ? state e:mesos.v1.TaskState
5 ? reason e:mesos.v1.TaskStatus.Reason
6 * limited_resources m:mesos.v1.Resource`,
  'mesos.slave.ContainerLayers': `1 * paths string
2 ? config string`,
  'mesos.slave.QoSCorrection': `1 ! type e:mesos.slave.QoSCorrection.Type
2 ? kill m:mesos.slave.QoSCorrection.Kill`,
  'mesos.slave.QoSCorrection.Kill': `1 ? framework_id m:mesos.v1.FrameworkID
2 ? executor_id m:mesos.v1.ExecutorID
3 ? container_id m:mesos.v1.ContainerID`,
  'mesos.v1.agent.Call': `1 ? type e:mesos.v1.agent.Call.Type
2 ? get_metrics m:mesos.v1.agent.Call.GetMetrics
3 ? set_logging_level m:mesos.v1.agent.Call.SetLoggingLevel
4 ? list_files m:mesos.v1.agent.Call.ListFiles
5 ? read_file m:mesos.v1.agent.Call.ReadFile
6 ? launch_nested_container m:mesos.v1.agent.Call.LaunchNestedContainer
7 ? wait_nested_container m:mesos.v1.agent.Call.WaitNestedContainer
8 ? kill_nested_container m:mesos.v1.agent.Call.KillNestedContainer
9 ? launch_nested_container_session m:mesos.v1.agent.Call.LaunchNestedContainerSession
10 ? attach_container_input m:mesos.v1.agent.Call.AttachContainerInput
11 ? attach_container_output m:mesos.v1.agent.Call.AttachContainerOutput
12 ? remove_nested_container m:mesos.v1.agent.Call.RemoveNestedContainer
13 ? launch_container m:mesos.v1.agent.Call.LaunchContainer
14 ? wait_container m:mesos.v1.agent.Call.WaitContainer
15 ? kill_container m:mesos.v1.agent.Call.KillContainer
16 ? remove_container m:mesos.v1.agent.Call.RemoveContainer
17 ? add_resource_provider_config m:mesos.v1.agent.Call.AddResourceProviderConfig
18 ? update_resource_provider_config m:mesos.v1.agent.Call.UpdateResourceProviderConfig
19 ? remove_resource_provider_config m:mesos.v1.agent.Call.RemoveResourceProviderConfig
20 ? get_containers m:mesos.v1.agent.Call.GetContainers
21 ? prune_images m:mesos.v1.agent.Call.PruneImages
22 ? mark_resource_provider_gone m:mesos.v1.agent.Call.MarkResourceProviderGone`,
  'mesos.v1.agent.Call.GetMetrics': `1 ? timeout m:mesos.v1.DurationInfo`,
  'mesos.v1.agent.Call.SetLoggingLevel': `1 ! level uint32
2 ! duration m:mesos.v1.DurationInfo`,
  'mesos.v1.agent.Call.ListFiles': `1 ! path string`,
  'mesos.v1.agent.Call.ReadFile': `1 ! path string
2 ! offset uint64
3 ? length uint64`,
  'mesos.v1.agent.Call.GetContainers': `1 ? show_nested bool
2 ? show_standalone bool`,
  'mesos.v1.agent.Call.LaunchNestedContainer': `1 ! container_id m:mesos.v1.ContainerID
2 ? command m:mesos.v1.CommandInfo
3 ? container m:mesos.v1.ContainerInfo`,
  'mesos.v1.agent.Call.WaitNestedContainer': `1 ! container_id m:mesos.v1.ContainerID`,
  'mesos.v1.agent.Call.KillNestedContainer': `1 ! container_id m:mesos.v1.ContainerID
2 ? signal int32`,
  'mesos.v1.agent.Call.RemoveNestedContainer': `1 ! container_id m:mesos.v1.ContainerID`,
  'mesos.v1.agent.Call.LaunchNestedContainerSession': `1 ! container_id m:mesos.v1.ContainerID
2 ? command m:mesos.v1.CommandInfo
3 ? container m:mesos.v1.ContainerInfo`,
  'mesos.v1.agent.Call.AttachContainerInput': `1 ? type e:mesos.v1.agent.Call.AttachContainerInput.Type
2 ? container_id m:mesos.v1.ContainerID
3 ? process_io m:mesos.v1.agent.ProcessIO`,
  'mesos.v1.agent.Call.AttachContainerOutput': `1 ! container_id m:mesos.v1.ContainerID`,
  'mesos.v1.agent.Call.LaunchContainer': `1 ! container_id m:mesos.v1.ContainerID
2 ? command m:mesos.v1.CommandInfo
3 * resources m:mesos.v1.Resource
4 ? container m:mesos.v1.ContainerInfo
5 % limits m:mesos.v1.Value.Scalar`,
  'mesos.v1.agent.Call.WaitContainer': `1 ! container_id m:mesos.v1.ContainerID`,
  'mesos.v1.agent.Call.KillContainer': `1 ! container_id m:mesos.v1.ContainerID
2 ? signal int32`,
  'mesos.v1.agent.Call.RemoveContainer': `1 ! container_id m:mesos.v1.ContainerID`,
  'mesos.v1.agent.Call.AddResourceProviderConfig': `1 ! info m:mesos.v1.ResourceProviderInfo`,
  'mesos.v1.agent.Call.UpdateResourceProviderConfig': `1 ! info m:mesos.v1.ResourceProviderInfo`,
  'mesos.v1.agent.Call.RemoveResourceProviderConfig': `1 ! type string
2 ! name string`,
  'mesos.v1.agent.Call.MarkResourceProviderGone': `1 ! resource_provider_id m:mesos.v1.ResourceProviderID`,
  'mesos.v1.agent.Call.PruneImages': `1 * excluded_images m:mesos.v1.Image`,
  'mesos.v1.agent.Response': `1 ? type e:mesos.v1.agent.Response.Type
2 ? get_health m:mesos.v1.agent.Response.GetHealth
3 ? get_flags m:mesos.v1.agent.Response.GetFlags
4 ? get_version m:mesos.v1.agent.Response.GetVersion
5 ? get_metrics m:mesos.v1.agent.Response.GetMetrics
6 ? get_logging_level m:mesos.v1.agent.Response.GetLoggingLevel
7 ? list_files m:mesos.v1.agent.Response.ListFiles
8 ? read_file m:mesos.v1.agent.Response.ReadFile
9 ? get_state m:mesos.v1.agent.Response.GetState
10 ? get_containers m:mesos.v1.agent.Response.GetContainers
11 ? get_frameworks m:mesos.v1.agent.Response.GetFrameworks
12 ? get_executors m:mesos.v1.agent.Response.GetExecutors
13 ? get_tasks m:mesos.v1.agent.Response.GetTasks
14 ? wait_nested_container m:mesos.v1.agent.Response.WaitNestedContainer
15 ? get_agent m:mesos.v1.agent.Response.GetAgent
16 ? wait_container m:mesos.v1.agent.Response.WaitContainer
17 ? get_resource_providers m:mesos.v1.agent.Response.GetResourceProviders
18 ? get_operations m:mesos.v1.agent.Response.GetOperations`,
  'mesos.v1.agent.Response.GetHealth': `1 ! healthy bool`,
  'mesos.v1.agent.Response.GetFlags': `1 * flags m:mesos.v1.Flag`,
  'mesos.v1.agent.Response.GetVersion': `1 ! version_info m:mesos.v1.VersionInfo`,
  'mesos.v1.agent.Response.GetMetrics': `1 * metrics m:mesos.v1.Metric`,
  'mesos.v1.agent.Response.GetLoggingLevel': `1 ! level uint32`,
  'mesos.v1.agent.Response.ListFiles': `1 * file_infos m:mesos.v1.FileInfo`,
  'mesos.v1.agent.Response.ReadFile': `1 ! size uint64
2 ! data bytes`,
  'mesos.v1.agent.Response.GetState': `1 ? get_tasks m:mesos.v1.agent.Response.GetTasks
2 ? get_executors m:mesos.v1.agent.Response.GetExecutors
3 ? get_frameworks m:mesos.v1.agent.Response.GetFrameworks`,
  'mesos.v1.agent.Response.GetContainers': `1 * containers m:mesos.v1.agent.Response.GetContainers.Container`,
  'mesos.v1.agent.Response.GetContainers.Container': `1 ? framework_id m:mesos.v1.FrameworkID
2 ? executor_id m:mesos.v1.ExecutorID
3 ? executor_name string
4 ! container_id m:mesos.v1.ContainerID
5 ? container_status m:mesos.v1.ContainerStatus
6 ? resource_statistics m:mesos.v1.ResourceStatistics`,
  'mesos.v1.agent.Response.GetFrameworks': `1 * frameworks m:mesos.v1.agent.Response.GetFrameworks.Framework
2 * completed_frameworks m:mesos.v1.agent.Response.GetFrameworks.Framework`,
  'mesos.v1.agent.Response.GetFrameworks.Framework': `1 ! framework_info m:mesos.v1.FrameworkInfo`,
  'mesos.v1.agent.Response.GetExecutors': `1 * executors m:mesos.v1.agent.Response.GetExecutors.Executor
2 * completed_executors m:mesos.v1.agent.Response.GetExecutors.Executor`,
  'mesos.v1.agent.Response.GetExecutors.Executor': `1 ! executor_info m:mesos.v1.ExecutorInfo`,
  'mesos.v1.agent.Response.GetOperations': `1 * operations m:mesos.v1.Operation`,
  'mesos.v1.agent.Response.GetTasks': `1 * pending_tasks m:mesos.v1.Task
2 * queued_tasks m:mesos.v1.Task
3 * launched_tasks m:mesos.v1.Task
4 * terminated_tasks m:mesos.v1.Task
5 * completed_tasks m:mesos.v1.Task`,
  'mesos.v1.agent.Response.GetAgent': `1 ? agent_info m:mesos.v1.AgentInfo
2 ? drain_config m:mesos.v1.DrainConfig
3 ? estimated_drain_start_time m:mesos.v1.TimeInfo`,
  'mesos.v1.agent.Response.GetResourceProviders': `1 * resource_providers m:mesos.v1.agent.Response.GetResourceProviders.ResourceProvider`,
  'mesos.v1.agent.Response.GetResourceProviders.ResourceProvider': `1 ! resource_provider_info m:mesos.v1.ResourceProviderInfo
2 * total_resources m:mesos.v1.Resource`,
  'mesos.v1.agent.Response.WaitNestedContainer': `1 ? exit_status int32
2 ? state e:mesos.v1.TaskState
3 ? reason e:mesos.v1.TaskStatus.Reason
4 ? limitation m:mesos.v1.TaskResourceLimitation
5 ? message string`,
  'mesos.v1.agent.Response.WaitContainer': `1 ? exit_status int32
2 ? state e:mesos.v1.TaskState
3 ? reason e:mesos.v1.TaskStatus.Reason
4 ? limitation m:mesos.v1.TaskResourceLimitation
5 ? message string`,
  'mesos.v1.agent.ProcessIO': `1 ? type e:mesos.v1.agent.ProcessIO.Type
2 ? data m:mesos.v1.agent.ProcessIO.Data
3 ? control m:mesos.v1.agent.ProcessIO.Control`,
  'mesos.v1.agent.ProcessIO.Data': `1 ? type e:mesos.v1.agent.ProcessIO.Data.Type
2 ? data bytes`,
  'mesos.v1.agent.ProcessIO.Control': `1 ? type e:mesos.v1.agent.ProcessIO.Control.Type
2 ? tty_info m:mesos.v1.TTYInfo
3 ? heartbeat m:mesos.v1.agent.ProcessIO.Control.Heartbeat`,
  'mesos.v1.agent.ProcessIO.Control.Heartbeat': `1 ? interval m:mesos.v1.DurationInfo`,
  'mesos.v1.allocator.InverseOfferStatus': `1 ! status e:mesos.v1.allocator.InverseOfferStatus.Status
2 ! framework_id m:mesos.v1.FrameworkID
3 ! timestamp m:mesos.v1.TimeInfo`,
  'mesos.v1.executor.Event': `1 ? type e:mesos.v1.executor.Event.Type
2 ? subscribed m:mesos.v1.executor.Event.Subscribed
3 ? acknowledged m:mesos.v1.executor.Event.Acknowledged
4 ? launch m:mesos.v1.executor.Event.Launch
5 ? kill m:mesos.v1.executor.Event.Kill
6 ? message m:mesos.v1.executor.Event.Message
7 ? error m:mesos.v1.executor.Event.Error
8 ? launch_group m:mesos.v1.executor.Event.LaunchGroup`,
  'mesos.v1.executor.Event.Subscribed': `1 ! executor_info m:mesos.v1.ExecutorInfo
2 ! framework_info m:mesos.v1.FrameworkInfo
3 ! agent_info m:mesos.v1.AgentInfo
4 ? container_id m:mesos.v1.ContainerID`,
  'mesos.v1.executor.Event.Launch': `1 ! task m:mesos.v1.TaskInfo`,
  'mesos.v1.executor.Event.LaunchGroup': `1 ! task_group m:mesos.v1.TaskGroupInfo`,
  'mesos.v1.executor.Event.Kill': `1 ! task_id m:mesos.v1.TaskID
2 ? kill_policy m:mesos.v1.KillPolicy`,
  'mesos.v1.executor.Event.Acknowledged': `1 ! task_id m:mesos.v1.TaskID
2 ! uuid bytes`,
  'mesos.v1.executor.Event.Message': `1 ! data bytes`,
  'mesos.v1.executor.Event.Error': `1 ! message string`,
  'mesos.v1.executor.Call': `1 ! executor_id m:mesos.v1.ExecutorID
2 ! framework_id m:mesos.v1.FrameworkID
3 ? type e:mesos.v1.executor.Call.Type
4 ? subscribe m:mesos.v1.executor.Call.Subscribe
5 ? update m:mesos.v1.executor.Call.Update
6 ? message m:mesos.v1.executor.Call.Message`,
  'mesos.v1.executor.Call.Subscribe': `1 * unacknowledged_tasks m:mesos.v1.TaskInfo
2 * unacknowledged_updates m:mesos.v1.executor.Call.Update`,
  'mesos.v1.executor.Call.Update': `1 ! status m:mesos.v1.TaskStatus`,
  'mesos.v1.executor.Call.Message': `2 ! data bytes`,
  'mesos.v1.maintenance.Window': `1 * machine_ids m:mesos.v1.MachineID
2 ! unavailability m:mesos.v1.Unavailability`,
  'mesos.v1.maintenance.Schedule': `1 * windows m:mesos.v1.maintenance.Window`,
  'mesos.v1.maintenance.ClusterStatus': `1 * draining_machines m:mesos.v1.maintenance.ClusterStatus.DrainingMachine
2 * down_machines m:mesos.v1.MachineID`,
  'mesos.v1.maintenance.ClusterStatus.DrainingMachine': `1 ! id m:mesos.v1.MachineID
2 * statuses m:mesos.v1.allocator.InverseOfferStatus`,
  'mesos.v1.master.Call': `1 ? type e:mesos.v1.master.Call.Type
2 ? get_metrics m:mesos.v1.master.Call.GetMetrics
3 ? set_logging_level m:mesos.v1.master.Call.SetLoggingLevel
4 ? list_files m:mesos.v1.master.Call.ListFiles
5 ? read_file m:mesos.v1.master.Call.ReadFile
6 ? update_weights m:mesos.v1.master.Call.UpdateWeights
7 ? reserve_resources m:mesos.v1.master.Call.ReserveResources
8 ? unreserve_resources m:mesos.v1.master.Call.UnreserveResources
9 ? create_volumes m:mesos.v1.master.Call.CreateVolumes
10 ? destroy_volumes m:mesos.v1.master.Call.DestroyVolumes
11 ? update_maintenance_schedule m:mesos.v1.master.Call.UpdateMaintenanceSchedule
12 ? start_maintenance m:mesos.v1.master.Call.StartMaintenance
13 ? stop_maintenance m:mesos.v1.master.Call.StopMaintenance
14 ? set_quota m:mesos.v1.master.Call.SetQuota
15 ? remove_quota m:mesos.v1.master.Call.RemoveQuota
16 ? teardown m:mesos.v1.master.Call.Teardown
17 ? mark_agent_gone m:mesos.v1.master.Call.MarkAgentGone
18 ? grow_volume m:mesos.v1.master.Call.GrowVolume
19 ? shrink_volume m:mesos.v1.master.Call.ShrinkVolume
20 ? update_quota m:mesos.v1.master.Call.UpdateQuota
21 ? drain_agent m:mesos.v1.master.Call.DrainAgent
22 ? deactivate_agent m:mesos.v1.master.Call.DeactivateAgent
23 ? reactivate_agent m:mesos.v1.master.Call.ReactivateAgent`,
  'mesos.v1.master.Call.GetMetrics': `1 ? timeout m:mesos.v1.DurationInfo`,
  'mesos.v1.master.Call.SetLoggingLevel': `1 ! level uint32
2 ! duration m:mesos.v1.DurationInfo`,
  'mesos.v1.master.Call.ListFiles': `1 ! path string`,
  'mesos.v1.master.Call.ReadFile': `1 ! path string
2 ! offset uint64
3 ? length uint64`,
  'mesos.v1.master.Call.UpdateWeights': `1 * weight_infos m:mesos.v1.WeightInfo`,
  'mesos.v1.master.Call.ReserveResources': `1 ! agent_id m:mesos.v1.AgentID
2 * resources m:mesos.v1.Resource
3 * source m:mesos.v1.Resource`,
  'mesos.v1.master.Call.UnreserveResources': `1 ! agent_id m:mesos.v1.AgentID
2 * resources m:mesos.v1.Resource`,
  'mesos.v1.master.Call.CreateVolumes': `1 ! agent_id m:mesos.v1.AgentID
2 * volumes m:mesos.v1.Resource`,
  'mesos.v1.master.Call.DestroyVolumes': `1 ! agent_id m:mesos.v1.AgentID
2 * volumes m:mesos.v1.Resource`,
  'mesos.v1.master.Call.GrowVolume': `1 ? agent_id m:mesos.v1.AgentID
2 ! volume m:mesos.v1.Resource
3 ! addition m:mesos.v1.Resource`,
  'mesos.v1.master.Call.ShrinkVolume': `1 ? agent_id m:mesos.v1.AgentID
2 ! volume m:mesos.v1.Resource
3 ! subtract m:mesos.v1.Value.Scalar`,
  'mesos.v1.master.Call.UpdateMaintenanceSchedule': `1 ! schedule m:mesos.v1.maintenance.Schedule`,
  'mesos.v1.master.Call.StartMaintenance': `1 * machines m:mesos.v1.MachineID`,
  'mesos.v1.master.Call.StopMaintenance': `1 * machines m:mesos.v1.MachineID`,
  'mesos.v1.master.Call.DrainAgent': `1 ! agent_id m:mesos.v1.AgentID
2 ? max_grace_period m:google.protobuf.Duration
3 ? mark_gone bool false`,
  'mesos.v1.master.Call.DeactivateAgent': `1 ! agent_id m:mesos.v1.AgentID`,
  'mesos.v1.master.Call.ReactivateAgent': `1 ! agent_id m:mesos.v1.AgentID`,
  'mesos.v1.master.Call.UpdateQuota': `1 ? force bool
2 * quota_configs m:mesos.v1.quota.QuotaConfig`,
  'mesos.v1.master.Call.SetQuota': `1 ! quota_request m:mesos.v1.quota.QuotaRequest`,
  'mesos.v1.master.Call.RemoveQuota': `1 ! role string`,
  'mesos.v1.master.Call.Teardown': `1 ! framework_id m:mesos.v1.FrameworkID`,
  'mesos.v1.master.Call.MarkAgentGone': `1 ! agent_id m:mesos.v1.AgentID`,
  'mesos.v1.master.Response': `1 ? type e:mesos.v1.master.Response.Type
2 ? get_health m:mesos.v1.master.Response.GetHealth
3 ? get_flags m:mesos.v1.master.Response.GetFlags
4 ? get_version m:mesos.v1.master.Response.GetVersion
5 ? get_metrics m:mesos.v1.master.Response.GetMetrics
6 ? get_logging_level m:mesos.v1.master.Response.GetLoggingLevel
7 ? list_files m:mesos.v1.master.Response.ListFiles
8 ? read_file m:mesos.v1.master.Response.ReadFile
9 ? get_state m:mesos.v1.master.Response.GetState
10 ? get_agents m:mesos.v1.master.Response.GetAgents
11 ? get_frameworks m:mesos.v1.master.Response.GetFrameworks
12 ? get_executors m:mesos.v1.master.Response.GetExecutors
13 ? get_tasks m:mesos.v1.master.Response.GetTasks
14 ? get_roles m:mesos.v1.master.Response.GetRoles
15 ? get_weights m:mesos.v1.master.Response.GetWeights
16 ? get_master m:mesos.v1.master.Response.GetMaster
17 ? get_maintenance_status m:mesos.v1.master.Response.GetMaintenanceStatus
18 ? get_maintenance_schedule m:mesos.v1.master.Response.GetMaintenanceSchedule
19 ? get_quota m:mesos.v1.master.Response.GetQuota
20 ? get_operations m:mesos.v1.master.Response.GetOperations`,
  'mesos.v1.master.Response.GetHealth': `1 ! healthy bool`,
  'mesos.v1.master.Response.GetFlags': `1 * flags m:mesos.v1.Flag`,
  'mesos.v1.master.Response.GetVersion': `1 ! version_info m:mesos.v1.VersionInfo`,
  'mesos.v1.master.Response.GetMetrics': `1 * metrics m:mesos.v1.Metric`,
  'mesos.v1.master.Response.GetLoggingLevel': `1 ! level uint32`,
  'mesos.v1.master.Response.ListFiles': `1 * file_infos m:mesos.v1.FileInfo`,
  'mesos.v1.master.Response.ReadFile': `1 ! size uint64
2 ! data bytes`,
  'mesos.v1.master.Response.GetState': `1 ? get_tasks m:mesos.v1.master.Response.GetTasks
2 ? get_executors m:mesos.v1.master.Response.GetExecutors
3 ? get_frameworks m:mesos.v1.master.Response.GetFrameworks
4 ? get_agents m:mesos.v1.master.Response.GetAgents`,
  'mesos.v1.master.Response.GetAgents': `1 * agents m:mesos.v1.master.Response.GetAgents.Agent
2 * recovered_agents m:mesos.v1.AgentInfo`,
  'mesos.v1.master.Response.GetAgents.Agent': `1 ! agent_info m:mesos.v1.AgentInfo
2 ! active bool
3 ! version string
4 ? pid string
5 ? registered_time m:mesos.v1.TimeInfo
6 ? reregistered_time m:mesos.v1.TimeInfo
7 * total_resources m:mesos.v1.Resource
8 * allocated_resources m:mesos.v1.Resource
9 * offered_resources m:mesos.v1.Resource
10 * capabilities m:mesos.v1.AgentInfo.Capability
11 * resource_providers m:mesos.v1.master.Response.GetAgents.Agent.ResourceProvider
12 ? deactivated bool
13 ? drain_info m:mesos.v1.DrainInfo
14 ? estimated_drain_start_time m:mesos.v1.TimeInfo
1000 * executor_use m:mesos.v1.master.Response.GetAgents.Agent.ExecutorUse`,
  'mesos.v1.master.Response.GetAgents.Agent.ResourceProvider': `1 ! resource_provider_info m:mesos.v1.ResourceProviderInfo
2 * total_resources m:mesos.v1.Resource`,
  'mesos.v1.master.Response.GetAgents.Agent.ExecutorUse': `1 ! framework_id m:mesos.v1.FrameworkID
2 * resources m:mesos.v1.Resource`,
  'mesos.v1.master.Response.GetFrameworks': `1 * frameworks m:mesos.v1.master.Response.GetFrameworks.Framework
2 * completed_frameworks m:mesos.v1.master.Response.GetFrameworks.Framework
3 * recovered_frameworks m:mesos.v1.FrameworkInfo`,
  'mesos.v1.master.Response.GetFrameworks.Framework': `1 ! framework_info m:mesos.v1.FrameworkInfo
2 ! active bool
3 ! connected bool
4 ? registered_time m:mesos.v1.TimeInfo
5 ? reregistered_time m:mesos.v1.TimeInfo
6 ? unregistered_time m:mesos.v1.TimeInfo
7 * offers m:mesos.v1.Offer
8 * inverse_offers m:mesos.v1.InverseOffer
9 * allocated_resources m:mesos.v1.Resource
10 * offered_resources m:mesos.v1.Resource
11 ! recovered bool
12 ? offer_constraints m:mesos.v1.scheduler.OfferConstraints`,
  'mesos.v1.master.Response.GetExecutors': `1 * executors m:mesos.v1.master.Response.GetExecutors.Executor
2 * orphan_executors m:mesos.v1.master.Response.GetExecutors.Executor`,
  'mesos.v1.master.Response.GetExecutors.Executor': `1 ! executor_info m:mesos.v1.ExecutorInfo
2 ! agent_id m:mesos.v1.AgentID`,
  'mesos.v1.master.Response.GetOperations': `1 * operations m:mesos.v1.Operation`,
  'mesos.v1.master.Response.GetTasks': `1 * pending_tasks m:mesos.v1.Task
2 * tasks m:mesos.v1.Task
3 * completed_tasks m:mesos.v1.Task
4 * orphan_tasks m:mesos.v1.Task
5 * unreachable_tasks m:mesos.v1.Task`,
  'mesos.v1.master.Response.GetRoles': `1 * roles m:mesos.v1.Role`,
  'mesos.v1.master.Response.GetWeights': `1 * weight_infos m:mesos.v1.WeightInfo`,
  'mesos.v1.master.Response.GetMaster': `1 ? master_info m:mesos.v1.MasterInfo
2 ? start_time double
3 ? elected_time double`,
  'mesos.v1.master.Response.GetMaintenanceStatus': `1 ! status m:mesos.v1.maintenance.ClusterStatus`,
  'mesos.v1.master.Response.GetMaintenanceSchedule': `1 ! schedule m:mesos.v1.maintenance.Schedule`,
  'mesos.v1.master.Response.GetQuota': `1 ! status m:mesos.v1.quota.QuotaStatus`,
  'mesos.v1.master.Event': `1 ? type e:mesos.v1.master.Event.Type
2 ? subscribed m:mesos.v1.master.Event.Subscribed
3 ? task_added m:mesos.v1.master.Event.TaskAdded
4 ? task_updated m:mesos.v1.master.Event.TaskUpdated
5 ? agent_added m:mesos.v1.master.Event.AgentAdded
6 ? agent_removed m:mesos.v1.master.Event.AgentRemoved
7 ? framework_added m:mesos.v1.master.Event.FrameworkAdded
8 ? framework_updated m:mesos.v1.master.Event.FrameworkUpdated
9 ? framework_removed m:mesos.v1.master.Event.FrameworkRemoved`,
  'mesos.v1.master.Event.Subscribed': `1 ? get_state m:mesos.v1.master.Response.GetState
2 ? heartbeat_interval_seconds double`,
  'mesos.v1.master.Event.TaskAdded': `1 ! task m:mesos.v1.Task`,
  'mesos.v1.master.Event.TaskUpdated': `1 ! framework_id m:mesos.v1.FrameworkID
2 ! status m:mesos.v1.TaskStatus
3 ! state e:mesos.v1.TaskState`,
  'mesos.v1.master.Event.FrameworkAdded': `1 ! framework m:mesos.v1.master.Response.GetFrameworks.Framework`,
  'mesos.v1.master.Event.FrameworkUpdated': `1 ! framework m:mesos.v1.master.Response.GetFrameworks.Framework`,
  'mesos.v1.master.Event.FrameworkRemoved': `1 ! framework_info m:mesos.v1.FrameworkInfo`,
  'mesos.v1.master.Event.AgentAdded': `1 ! agent m:mesos.v1.master.Response.GetAgents.Agent`,
  'mesos.v1.master.Event.AgentRemoved': `1 ! agent_id m:mesos.v1.AgentID`,
  'mesos.v1.FrameworkID': `1 ! value string`,
  'mesos.v1.OfferID': `1 ! value string`,
  'mesos.v1.AgentID': `1 ! value string`,
  'mesos.v1.TaskID': `1 ! value string`,
  'mesos.v1.ExecutorID': `1 ! value string`,
  'mesos.v1.ContainerID': `1 ! value string
2 ? parent m:mesos.v1.ContainerID`,
  'mesos.v1.ResourceProviderID': `1 ! value string`,
  'mesos.v1.OperationID': `1 ! value string`,
  'mesos.v1.TimeInfo': `1 ! nanoseconds int64`,
  'mesos.v1.DurationInfo': `1 ! nanoseconds int64`,
  'mesos.v1.Address': `1 ? hostname string
2 ? ip string
3 ! port int32`,
  'mesos.v1.URL': `1 ! scheme string
2 ! address m:mesos.v1.Address
3 ? path string
4 * query m:mesos.v1.Parameter
5 ? fragment string`,
  'mesos.v1.Unavailability': `1 ! start m:mesos.v1.TimeInfo
2 ? duration m:mesos.v1.DurationInfo`,
  'mesos.v1.MachineID': `1 ? hostname string
2 ? ip string`,
  'mesos.v1.MachineInfo': `1 ! id m:mesos.v1.MachineID
2 ? mode e:mesos.v1.MachineInfo.Mode
3 ? unavailability m:mesos.v1.Unavailability`,
  'mesos.v1.FrameworkInfo': `1 ! user string
2 ! name string
3 ? id m:mesos.v1.FrameworkID
4 ? failover_timeout double 0
5 ? checkpoint bool false
6 ? role string
7 ? hostname string
8 ? principal string
9 ? webui_url string
10 * capabilities m:mesos.v1.FrameworkInfo.Capability
11 ? labels m:mesos.v1.Labels
12 * roles string
13 % offer_filters m:mesos.v1.OfferFilters`,
  'mesos.v1.FrameworkInfo.Capability': `1 ? type e:mesos.v1.FrameworkInfo.Capability.Type`,
  'mesos.v1.CheckInfo': `1 ? type e:mesos.v1.CheckInfo.Type
2 ? command m:mesos.v1.CheckInfo.Command
3 ? http m:mesos.v1.CheckInfo.Http
4 ? delay_seconds double 15
5 ? interval_seconds double 10
6 ? timeout_seconds double 20
7 ? tcp m:mesos.v1.CheckInfo.Tcp`,
  'mesos.v1.CheckInfo.Command': `1 ! command m:mesos.v1.CommandInfo`,
  'mesos.v1.CheckInfo.Http': `1 ! port uint32
2 ? path string`,
  'mesos.v1.CheckInfo.Tcp': `1 ! port uint32`,
  'mesos.v1.HealthCheck': `1 ? http m:mesos.v1.HealthCheck.HTTPCheckInfo
2 ? delay_seconds double 15
3 ? interval_seconds double 10
4 ? timeout_seconds double 20
5 ? consecutive_failures uint32 3
6 ? grace_period_seconds double 10
7 ? command m:mesos.v1.CommandInfo
8 ? type e:mesos.v1.HealthCheck.Type
9 ? tcp m:mesos.v1.HealthCheck.TCPCheckInfo`,
  'mesos.v1.HealthCheck.HTTPCheckInfo': `1 ! port uint32
2 ? path string
3 ? scheme string
4 * statuses uint32
5 ? protocol e:mesos.v1.NetworkInfo.Protocol IPv4`,
  'mesos.v1.HealthCheck.TCPCheckInfo': `1 ! port uint32
2 ? protocol e:mesos.v1.NetworkInfo.Protocol IPv4`,
  'mesos.v1.KillPolicy': `1 ? grace_period m:mesos.v1.DurationInfo`,
  'mesos.v1.CommandInfo': `1 * uris m:mesos.v1.CommandInfo.URI
2 ? environment m:mesos.v1.Environment
3 ? value string
4 ? container m:mesos.v1.CommandInfo.ContainerInfo
5 ? user string
6 ? shell bool true
7 * arguments string`,
  'mesos.v1.CommandInfo.URI': `1 ! value string
2 ? executable bool
3 ? extract bool true
4 ? cache bool
5 ? output_file string`,
  'mesos.v1.CommandInfo.ContainerInfo': `1 ! image string
2 * options string`,
  'mesos.v1.ExecutorInfo': `1 ! executor_id m:mesos.v1.ExecutorID
4 ? data bytes
5 * resources m:mesos.v1.Resource
7 ? command m:mesos.v1.CommandInfo
8 ? framework_id m:mesos.v1.FrameworkID
9 ? name string
10 ? source string
11 ? container m:mesos.v1.ContainerInfo
12 ? discovery m:mesos.v1.DiscoveryInfo
13 ? shutdown_grace_period m:mesos.v1.DurationInfo
14 ? labels m:mesos.v1.Labels
15 ? type e:mesos.v1.ExecutorInfo.Type`,
  'mesos.v1.DomainInfo': `1 ? fault_domain m:mesos.v1.DomainInfo.FaultDomain`,
  'mesos.v1.DomainInfo.FaultDomain': `1 ! region m:mesos.v1.DomainInfo.FaultDomain.RegionInfo
2 ! zone m:mesos.v1.DomainInfo.FaultDomain.ZoneInfo`,
  'mesos.v1.DomainInfo.FaultDomain.RegionInfo': `1 ! name string`,
  'mesos.v1.DomainInfo.FaultDomain.ZoneInfo': `1 ! name string`,
  'mesos.v1.MasterInfo': `1 ! id string
2 ! ip uint32
3 ! port uint32 5050
4 ? pid string
5 ? hostname string
6 ? version string
7 ? address m:mesos.v1.Address
8 ? domain m:mesos.v1.DomainInfo
9 * capabilities m:mesos.v1.MasterInfo.Capability`,
  'mesos.v1.MasterInfo.Capability': `1 ? type e:mesos.v1.MasterInfo.Capability.Type`,
  'mesos.v1.AgentInfo': `1 ! hostname string
3 * resources m:mesos.v1.Resource
5 * attributes m:mesos.v1.Attribute
6 ? id m:mesos.v1.AgentID
7 ? checkpoint bool false
8 ? port int32 5051
10 ? domain m:mesos.v1.DomainInfo`,
  'mesos.v1.AgentInfo.Capability': `1 ? type e:mesos.v1.AgentInfo.Capability.Type`,
  'mesos.v1.CSIPluginContainerInfo': `1 * services e:mesos.v1.CSIPluginContainerInfo.Service
2 ? command m:mesos.v1.CommandInfo
3 * resources m:mesos.v1.Resource
4 ? container m:mesos.v1.ContainerInfo`,
  'mesos.v1.CSIPluginEndpoint': `1 ! csi_service e:mesos.v1.CSIPluginContainerInfo.Service
2 ! endpoint string`,
  'mesos.v1.CSIPluginInfo': `1 ! type string
2 ? name string default
3 * containers m:mesos.v1.CSIPluginContainerInfo
4 * endpoints m:mesos.v1.CSIPluginEndpoint
5 ? target_path_root string
6 ? target_path_exists bool`,
  'mesos.v1.ResourceProviderInfo': `1 ? id m:mesos.v1.ResourceProviderID
2 * attributes m:mesos.v1.Attribute
3 ! type string
4 ! name string
5 * default_reservations m:mesos.v1.Resource.ReservationInfo
6 ? storage m:mesos.v1.ResourceProviderInfo.Storage`,
  'mesos.v1.ResourceProviderInfo.Storage': `1 ! plugin m:mesos.v1.CSIPluginInfo
2 ? reconciliation_interval_seconds double`,
  'mesos.v1.Value': `1 ! type e:mesos.v1.Value.Type
2 ? scalar m:mesos.v1.Value.Scalar
3 ? ranges m:mesos.v1.Value.Ranges
4 ? set m:mesos.v1.Value.Set
5 ? text m:mesos.v1.Value.Text`,
  'mesos.v1.Value.Scalar': `1 ! value double`,
  'mesos.v1.Value.Range': `1 ! begin uint64
2 ! end uint64`,
  'mesos.v1.Value.Ranges': `1 * range m:mesos.v1.Value.Range`,
  'mesos.v1.Value.Set': `1 * item string`,
  'mesos.v1.Value.Text': `1 ! value string`,
  'mesos.v1.Attribute': `1 ! name string
2 ! type e:mesos.v1.Value.Type
3 ? scalar m:mesos.v1.Value.Scalar
4 ? ranges m:mesos.v1.Value.Ranges
5 ? text m:mesos.v1.Value.Text
6 ? set m:mesos.v1.Value.Set`,
  'mesos.v1.Resource': `1 ! name string
2 ! type e:mesos.v1.Value.Type
3 ? scalar m:mesos.v1.Value.Scalar
4 ? ranges m:mesos.v1.Value.Ranges
5 ? set m:mesos.v1.Value.Set
6 ? role string
7 ? disk m:mesos.v1.Resource.DiskInfo
8 ? reservation m:mesos.v1.Resource.ReservationInfo
9 ? revocable m:mesos.v1.Resource.RevocableInfo
10 ? shared m:mesos.v1.Resource.SharedInfo
11 ? allocation_info m:mesos.v1.Resource.AllocationInfo
12 ? provider_id m:mesos.v1.ResourceProviderID
13 * reservations m:mesos.v1.Resource.ReservationInfo`,
  'mesos.v1.Resource.AllocationInfo': `1 ? role string`,
  'mesos.v1.Resource.ReservationInfo': `1 ? principal string
2 ? labels m:mesos.v1.Labels
3 ? role string
4 ? type e:mesos.v1.Resource.ReservationInfo.Type`,
  'mesos.v1.Resource.DiskInfo': `1 ? persistence m:mesos.v1.Resource.DiskInfo.Persistence
2 ? volume m:mesos.v1.Volume
3 ? source m:mesos.v1.Resource.DiskInfo.Source`,
  'mesos.v1.Resource.DiskInfo.Persistence': `1 ! id string
2 ? principal string`,
  'mesos.v1.Resource.DiskInfo.Source': `1 ! type e:mesos.v1.Resource.DiskInfo.Source.Type
2 ? path m:mesos.v1.Resource.DiskInfo.Source.Path
3 ? mount m:mesos.v1.Resource.DiskInfo.Source.Mount
4 ? id string
5 ? metadata m:mesos.v1.Labels
6 ? profile string
7 ? vendor string`,
  'mesos.v1.Resource.DiskInfo.Source.Path': `1 ? root string`,
  'mesos.v1.Resource.DiskInfo.Source.Mount': `1 ? root string`,
  'mesos.v1.Resource.RevocableInfo': ``,
  'mesos.v1.Resource.SharedInfo': ``,
  'mesos.v1.TrafficControlStatistics': `1 ! id string
2 ? backlog uint64
3 ? bytes uint64
4 ? drops uint64
5 ? overlimits uint64
6 ? packets uint64
7 ? qlen uint64
8 ? ratebps uint64
9 ? ratepps uint64
10 ? requeues uint64`,
  'mesos.v1.IpStatistics': `1 ? Forwarding int64
2 ? DefaultTTL int64
3 ? InReceives int64
4 ? InHdrErrors int64
5 ? InAddrErrors int64
6 ? ForwDatagrams int64
7 ? InUnknownProtos int64
8 ? InDiscards int64
9 ? InDelivers int64
10 ? OutRequests int64
11 ? OutDiscards int64
12 ? OutNoRoutes int64
13 ? ReasmTimeout int64
14 ? ReasmReqds int64
15 ? ReasmOKs int64
16 ? ReasmFails int64
17 ? FragOKs int64
18 ? FragFails int64
19 ? FragCreates int64`,
  'mesos.v1.IcmpStatistics': `1 ? InMsgs int64
2 ? InErrors int64
3 ? InCsumErrors int64
4 ? InDestUnreachs int64
5 ? InTimeExcds int64
6 ? InParmProbs int64
7 ? InSrcQuenchs int64
8 ? InRedirects int64
9 ? InEchos int64
10 ? InEchoReps int64
11 ? InTimestamps int64
12 ? InTimestampReps int64
13 ? InAddrMasks int64
14 ? InAddrMaskReps int64
15 ? OutMsgs int64
16 ? OutErrors int64
17 ? OutDestUnreachs int64
18 ? OutTimeExcds int64
19 ? OutParmProbs int64
20 ? OutSrcQuenchs int64
21 ? OutRedirects int64
22 ? OutEchos int64
23 ? OutEchoReps int64
24 ? OutTimestamps int64
25 ? OutTimestampReps int64
26 ? OutAddrMasks int64
27 ? OutAddrMaskReps int64`,
  'mesos.v1.TcpStatistics': `1 ? RtoAlgorithm int64
2 ? RtoMin int64
3 ? RtoMax int64
4 ? MaxConn int64
5 ? ActiveOpens int64
6 ? PassiveOpens int64
7 ? AttemptFails int64
8 ? EstabResets int64
9 ? CurrEstab int64
10 ? InSegs int64
11 ? OutSegs int64
12 ? RetransSegs int64
13 ? InErrs int64
14 ? OutRsts int64
15 ? InCsumErrors int64`,
  'mesos.v1.UdpStatistics': `1 ? InDatagrams int64
2 ? NoPorts int64
3 ? InErrors int64
4 ? OutDatagrams int64
5 ? RcvbufErrors int64
6 ? SndbufErrors int64
7 ? InCsumErrors int64
8 ? IgnoredMulti int64`,
  'mesos.v1.SNMPStatistics': `1 ? ip_stats m:mesos.v1.IpStatistics
2 ? icmp_stats m:mesos.v1.IcmpStatistics
3 ? tcp_stats m:mesos.v1.TcpStatistics
4 ? udp_stats m:mesos.v1.UdpStatistics`,
  'mesos.v1.DiskStatistics': `1 ? source m:mesos.v1.Resource.DiskInfo.Source
2 ? persistence m:mesos.v1.Resource.DiskInfo.Persistence
3 ? limit_bytes uint64
4 ? used_bytes uint64`,
  'mesos.v1.ResourceStatistics': `1 ! timestamp double
2 ? cpus_user_time_secs double
3 ? cpus_system_time_secs double
4 ? cpus_limit double
5 ? mem_rss_bytes uint64
6 ? mem_limit_bytes uint64
7 ? cpus_nr_periods uint32
8 ? cpus_nr_throttled uint32
9 ? cpus_throttled_time_secs double
10 ? mem_file_bytes uint64
11 ? mem_anon_bytes uint64
12 ? mem_mapped_file_bytes uint64
13 ? perf m:mesos.v1.PerfStatistics
14 ? net_rx_packets uint64
15 ? net_rx_bytes uint64
16 ? net_rx_errors uint64
17 ? net_rx_dropped uint64
18 ? net_tx_packets uint64
19 ? net_tx_bytes uint64
20 ? net_tx_errors uint64
21 ? net_tx_dropped uint64
22 ? net_tcp_rtt_microsecs_p50 double
23 ? net_tcp_rtt_microsecs_p90 double
24 ? net_tcp_rtt_microsecs_p95 double
25 ? net_tcp_rtt_microsecs_p99 double
26 ? disk_limit_bytes uint64
27 ? disk_used_bytes uint64
28 ? net_tcp_active_connections double
29 ? net_tcp_time_wait_connections double
30 ? processes uint32
31 ? threads uint32
32 ? mem_low_pressure_counter uint64
33 ? mem_medium_pressure_counter uint64
34 ? mem_critical_pressure_counter uint64
35 * net_traffic_control_statistics m:mesos.v1.TrafficControlStatistics
36 ? mem_total_bytes uint64
37 ? mem_total_memsw_bytes uint64
38 ? mem_soft_limit_bytes uint64
39 ? mem_cache_bytes uint64
40 ? mem_swap_bytes uint64
41 ? mem_unevictable_bytes uint64
42 ? net_snmp_statistics m:mesos.v1.SNMPStatistics
43 * disk_statistics m:mesos.v1.DiskStatistics
44 ? blkio_statistics m:mesos.v1.CgroupInfo.Blkio.Statistics
45 ? cpus_soft_limit double
46 ? net_tx_rate_limit uint64
47 ? net_tx_burst_rate_limit uint64
48 ? net_tx_burst_size uint64
49 ? net_rx_rate_limit uint64
50 ? net_rx_burst_rate_limit uint64
51 ? net_rx_burst_size uint64
52 ? mem_kmem_usage_bytes uint64
53 ? mem_kmem_tcp_usage_bytes uint64
54 ? net_rate_statistics m:mesos.v1.ResourceStatistics.RateStatistics
55 ? net_ephemeral_ports m:mesos.v1.Value.Range`,
  'mesos.v1.ResourceStatistics.RatePercentiles': `1 ? min uint64
2 ? max uint64
3 ? p50 uint64
4 ? p90 uint64
5 ? p95 uint64
6 ? p99 uint64
7 ? p999 uint64
8 ? p9999 uint64
9 ? samples uint64`,
  'mesos.v1.ResourceStatistics.RateStatistics': `1 ? rx_rate m:mesos.v1.ResourceStatistics.RatePercentiles
2 ? rx_packet_rate m:mesos.v1.ResourceStatistics.RatePercentiles
3 ? rx_drop_rate m:mesos.v1.ResourceStatistics.RatePercentiles
4 ? rx_error_rate m:mesos.v1.ResourceStatistics.RatePercentiles
5 ? tx_rate m:mesos.v1.ResourceStatistics.RatePercentiles
6 ? tx_packet_rate m:mesos.v1.ResourceStatistics.RatePercentiles
7 ? tx_drop_rate m:mesos.v1.ResourceStatistics.RatePercentiles
8 ? tx_error_rate m:mesos.v1.ResourceStatistics.RatePercentiles
9 ? sampling_window_secs double
10 ? sampling_interval_secs double`,
  'mesos.v1.ResourceUsage': `1 * executors m:mesos.v1.ResourceUsage.Executor
2 * total m:mesos.v1.Resource`,
  'mesos.v1.ResourceUsage.Executor': `1 ! executor_info m:mesos.v1.ExecutorInfo
2 * allocated m:mesos.v1.Resource
3 ? statistics m:mesos.v1.ResourceStatistics
4 ! container_id m:mesos.v1.ContainerID
5 * tasks m:mesos.v1.ResourceUsage.Executor.Task`,
  'mesos.v1.ResourceUsage.Executor.Task': `1 ! name string
2 ! id m:mesos.v1.TaskID
3 * resources m:mesos.v1.Resource
4 ? labels m:mesos.v1.Labels`,
  'mesos.v1.PerfStatistics': `1 ! timestamp double
2 ! duration double
3 ? cycles uint64
4 ? stalled_cycles_frontend uint64
5 ? stalled_cycles_backend uint64
6 ? instructions uint64
7 ? cache_references uint64
8 ? cache_misses uint64
9 ? branches uint64
10 ? branch_misses uint64
11 ? bus_cycles uint64
12 ? ref_cycles uint64
13 ? cpu_clock double
14 ? task_clock double
15 ? page_faults uint64
16 ? minor_faults uint64
17 ? major_faults uint64
18 ? context_switches uint64
19 ? cpu_migrations uint64
20 ? alignment_faults uint64
21 ? emulation_faults uint64
22 ? l1_dcache_loads uint64
23 ? l1_dcache_load_misses uint64
24 ? l1_dcache_stores uint64
25 ? l1_dcache_store_misses uint64
26 ? l1_dcache_prefetches uint64
27 ? l1_dcache_prefetch_misses uint64
28 ? l1_icache_loads uint64
29 ? l1_icache_load_misses uint64
30 ? l1_icache_prefetches uint64
31 ? l1_icache_prefetch_misses uint64
32 ? llc_loads uint64
33 ? llc_load_misses uint64
34 ? llc_stores uint64
35 ? llc_store_misses uint64
36 ? llc_prefetches uint64
37 ? llc_prefetch_misses uint64
38 ? dtlb_loads uint64
39 ? dtlb_load_misses uint64
40 ? dtlb_stores uint64
41 ? dtlb_store_misses uint64
42 ? dtlb_prefetches uint64
43 ? dtlb_prefetch_misses uint64
44 ? itlb_loads uint64
45 ? itlb_load_misses uint64
46 ? branch_loads uint64
47 ? branch_load_misses uint64
48 ? node_loads uint64
49 ? node_load_misses uint64
50 ? node_stores uint64
51 ? node_store_misses uint64
52 ? node_prefetches uint64
53 ? node_prefetch_misses uint64`,
  'mesos.v1.OfferFilters': `1 ? min_allocatable_resources m:mesos.v1.OfferFilters.MinAllocatableResources`,
  'mesos.v1.OfferFilters.ResourceQuantities': `1 % quantities m:mesos.v1.Value.Scalar`,
  'mesos.v1.OfferFilters.MinAllocatableResources': `1 * quantities m:mesos.v1.OfferFilters.ResourceQuantities`,
  'mesos.v1.Request': `1 ? agent_id m:mesos.v1.AgentID
2 * resources m:mesos.v1.Resource`,
  'mesos.v1.Offer': `1 ! id m:mesos.v1.OfferID
2 ! framework_id m:mesos.v1.FrameworkID
3 ! agent_id m:mesos.v1.AgentID
4 ! hostname string
5 * resources m:mesos.v1.Resource
6 * executor_ids m:mesos.v1.ExecutorID
7 * attributes m:mesos.v1.Attribute
8 ? url m:mesos.v1.URL
9 ? unavailability m:mesos.v1.Unavailability
10 ? allocation_info m:mesos.v1.Resource.AllocationInfo
11 ? domain m:mesos.v1.DomainInfo`,
  'mesos.v1.Offer.Operation': `1 ? type e:mesos.v1.Offer.Operation.Type
2 ? launch m:mesos.v1.Offer.Operation.Launch
3 ? reserve m:mesos.v1.Offer.Operation.Reserve
4 ? unreserve m:mesos.v1.Offer.Operation.Unreserve
5 ? create m:mesos.v1.Offer.Operation.Create
6 ? destroy m:mesos.v1.Offer.Operation.Destroy
7 ? launch_group m:mesos.v1.Offer.Operation.LaunchGroup
12 ? id m:mesos.v1.OperationID
13 ? grow_volume m:mesos.v1.Offer.Operation.GrowVolume
14 ? shrink_volume m:mesos.v1.Offer.Operation.ShrinkVolume
15 ? create_disk m:mesos.v1.Offer.Operation.CreateDisk
16 ? destroy_disk m:mesos.v1.Offer.Operation.DestroyDisk`,
  'mesos.v1.Offer.Operation.Launch': `1 * task_infos m:mesos.v1.TaskInfo`,
  'mesos.v1.Offer.Operation.LaunchGroup': `1 ! executor m:mesos.v1.ExecutorInfo
2 ! task_group m:mesos.v1.TaskGroupInfo`,
  'mesos.v1.Offer.Operation.Reserve': `1 * resources m:mesos.v1.Resource
2 * source m:mesos.v1.Resource`,
  'mesos.v1.Offer.Operation.Unreserve': `1 * resources m:mesos.v1.Resource`,
  'mesos.v1.Offer.Operation.Create': `1 * volumes m:mesos.v1.Resource`,
  'mesos.v1.Offer.Operation.Destroy': `1 * volumes m:mesos.v1.Resource`,
  'mesos.v1.Offer.Operation.GrowVolume': `1 ! volume m:mesos.v1.Resource
2 ! addition m:mesos.v1.Resource`,
  'mesos.v1.Offer.Operation.ShrinkVolume': `1 ! volume m:mesos.v1.Resource
2 ! subtract m:mesos.v1.Value.Scalar`,
  'mesos.v1.Offer.Operation.CreateDisk': `1 ! source m:mesos.v1.Resource
2 ! target_type e:mesos.v1.Resource.DiskInfo.Source.Type
3 ? target_profile string`,
  'mesos.v1.Offer.Operation.DestroyDisk': `1 ! source m:mesos.v1.Resource`,
  'mesos.v1.InverseOffer': `1 ! id m:mesos.v1.OfferID
2 ? url m:mesos.v1.URL
3 ! framework_id m:mesos.v1.FrameworkID
4 ? agent_id m:mesos.v1.AgentID
5 ! unavailability m:mesos.v1.Unavailability
6 * resources m:mesos.v1.Resource`,
  'mesos.v1.TaskInfo': `1 ! name string
2 ! task_id m:mesos.v1.TaskID
3 ! agent_id m:mesos.v1.AgentID
4 * resources m:mesos.v1.Resource
5 ? executor m:mesos.v1.ExecutorInfo
6 ? data bytes
7 ? command m:mesos.v1.CommandInfo
8 ? health_check m:mesos.v1.HealthCheck
9 ? container m:mesos.v1.ContainerInfo
10 ? labels m:mesos.v1.Labels
11 ? discovery m:mesos.v1.DiscoveryInfo
12 ? kill_policy m:mesos.v1.KillPolicy
13 ? check m:mesos.v1.CheckInfo
14 ? max_completion_time m:mesos.v1.DurationInfo
15 % limits m:mesos.v1.Value.Scalar`,
  'mesos.v1.TaskGroupInfo': `1 * tasks m:mesos.v1.TaskInfo`,
  'mesos.v1.Task': `1 ! name string
2 ! task_id m:mesos.v1.TaskID
3 ! framework_id m:mesos.v1.FrameworkID
4 ? executor_id m:mesos.v1.ExecutorID
5 ! agent_id m:mesos.v1.AgentID
6 ! state e:mesos.v1.TaskState
7 * resources m:mesos.v1.Resource
8 * statuses m:mesos.v1.TaskStatus
9 ? status_update_state e:mesos.v1.TaskState
10 ? status_update_uuid bytes
11 ? labels m:mesos.v1.Labels
12 ? discovery m:mesos.v1.DiscoveryInfo
13 ? container m:mesos.v1.ContainerInfo
14 ? user string
15 ? health_check m:mesos.v1.HealthCheck
16 ? kill_policy m:mesos.v1.KillPolicy
17 % limits m:mesos.v1.Value.Scalar`,
  'mesos.v1.TaskResourceLimitation': `1 * resources m:mesos.v1.Resource`,
  'mesos.v1.UUID': `1 ! value bytes`,
  'mesos.v1.Operation': `1 ? framework_id m:mesos.v1.FrameworkID
2 ? agent_id m:mesos.v1.AgentID
3 ! info m:mesos.v1.Offer.Operation
4 ! latest_status m:mesos.v1.OperationStatus
5 * statuses m:mesos.v1.OperationStatus
6 ! uuid m:mesos.v1.UUID`,
  'mesos.v1.OperationStatus': `1 ? operation_id m:mesos.v1.OperationID
2 ! state e:mesos.v1.OperationState
3 ? message string
4 * converted_resources m:mesos.v1.Resource
5 ? uuid m:mesos.v1.UUID
6 ? agent_id m:mesos.v1.AgentID
7 ? resource_provider_id m:mesos.v1.ResourceProviderID`,
  'mesos.v1.CheckStatusInfo': `1 ? type e:mesos.v1.CheckInfo.Type
2 ? command m:mesos.v1.CheckStatusInfo.Command
3 ? http m:mesos.v1.CheckStatusInfo.Http
4 ? tcp m:mesos.v1.CheckStatusInfo.Tcp`,
  'mesos.v1.CheckStatusInfo.Command': `1 ? exit_code int32`,
  'mesos.v1.CheckStatusInfo.Http': `1 ? status_code uint32`,
  'mesos.v1.CheckStatusInfo.Tcp': `1 ? succeeded bool`,
  'mesos.v1.TaskStatus': `1 ! task_id m:mesos.v1.TaskID
2 ! state e:mesos.v1.TaskState
3 ? data bytes
4 ? message string
5 ? agent_id m:mesos.v1.AgentID
6 ? timestamp double
7 ? executor_id m:mesos.v1.ExecutorID
8 ? healthy bool
9 ? source e:mesos.v1.TaskStatus.Source
10 ? reason e:mesos.v1.TaskStatus.Reason
11 ? uuid bytes
12 ? labels m:mesos.v1.Labels
13 ? container_status m:mesos.v1.ContainerStatus
14 ? unreachable_time m:mesos.v1.TimeInfo
15 ? check_status m:mesos.v1.CheckStatusInfo
16 ? limitation m:mesos.v1.TaskResourceLimitation`,
  'mesos.v1.Filters': `1 ? refuse_seconds double 5`,
  'mesos.v1.Environment': `1 * variables m:mesos.v1.Environment.Variable`,
  'mesos.v1.Environment.Variable': `1 ! name string
2 ? value string
3 ? type e:mesos.v1.Environment.Variable.Type VALUE
4 ? secret m:mesos.v1.Secret`,
  'mesos.v1.Parameter': `1 ! key string
2 ! value string`,
  'mesos.v1.Parameters': `1 * parameter m:mesos.v1.Parameter`,
  'mesos.v1.Credential': `1 ! principal string
2 ? secret string`,
  'mesos.v1.Credentials': `1 * credentials m:mesos.v1.Credential`,
  'mesos.v1.Secret': `1 ? type e:mesos.v1.Secret.Type
2 ? reference m:mesos.v1.Secret.Reference
3 ? value m:mesos.v1.Secret.Value`,
  'mesos.v1.Secret.Reference': `1 ! name string
2 ? key string`,
  'mesos.v1.Secret.Value': `1 ! data bytes`,
  'mesos.v1.RateLimit': `1 ? qps double
2 ! principal string
3 ? capacity uint64`,
  'mesos.v1.RateLimits': `1 * limits m:mesos.v1.RateLimit
2 ? aggregate_default_qps double
3 ? aggregate_default_capacity uint64`,
  'mesos.v1.Image': `1 ! type e:mesos.v1.Image.Type
2 ? appc m:mesos.v1.Image.Appc
3 ? docker m:mesos.v1.Image.Docker
4 ? cached bool true`,
  'mesos.v1.Image.Appc': `1 ! name string
2 ? id string
3 ? labels m:mesos.v1.Labels`,
  'mesos.v1.Image.Docker': `1 ! name string
2 ? credential m:mesos.v1.Credential
3 ? config m:mesos.v1.Secret`,
  'mesos.v1.MountPropagation': `1 ? mode e:mesos.v1.MountPropagation.Mode`,
  'mesos.v1.Volume': `1 ! container_path string
2 ? host_path string
3 ! mode e:mesos.v1.Volume.Mode
4 ? image m:mesos.v1.Image
5 ? source m:mesos.v1.Volume.Source`,
  'mesos.v1.Volume.Source': `1 ? type e:mesos.v1.Volume.Source.Type
2 ? docker_volume m:mesos.v1.Volume.Source.DockerVolume
3 ? sandbox_path m:mesos.v1.Volume.Source.SandboxPath
4 ? secret m:mesos.v1.Secret
5 ? host_path m:mesos.v1.Volume.Source.HostPath
6 ? csi_volume m:mesos.v1.Volume.Source.CSIVolume`,
  'mesos.v1.Volume.Source.DockerVolume': `1 ? driver string
2 ! name string
3 ? driver_options m:mesos.v1.Parameters`,
  'mesos.v1.Volume.Source.HostPath': `1 ! path string
2 ? mount_propagation m:mesos.v1.MountPropagation`,
  'mesos.v1.Volume.Source.SandboxPath': `1 ? type e:mesos.v1.Volume.Source.SandboxPath.Type
2 ! path string`,
  'mesos.v1.Volume.Source.CSIVolume': `1 ! plugin_name string
2 ? static_provisioning m:mesos.v1.Volume.Source.CSIVolume.StaticProvisioning`,
  'mesos.v1.Volume.Source.CSIVolume.VolumeCapability': `1 ? block m:mesos.v1.Volume.Source.CSIVolume.VolumeCapability.BlockVolume
2 ? mount m:mesos.v1.Volume.Source.CSIVolume.VolumeCapability.MountVolume
3 ! access_mode m:mesos.v1.Volume.Source.CSIVolume.VolumeCapability.AccessMode`,
  'mesos.v1.Volume.Source.CSIVolume.VolumeCapability.BlockVolume': ``,
  'mesos.v1.Volume.Source.CSIVolume.VolumeCapability.MountVolume': `1 ? fs_type string
2 * mount_flags string`,
  'mesos.v1.Volume.Source.CSIVolume.VolumeCapability.AccessMode': `1 ! mode e:mesos.v1.Volume.Source.CSIVolume.VolumeCapability.AccessMode.Mode`,
  'mesos.v1.Volume.Source.CSIVolume.StaticProvisioning': `1 ! volume_id string
2 ! volume_capability m:mesos.v1.Volume.Source.CSIVolume.VolumeCapability
3 % node_stage_secrets m:mesos.v1.Secret
4 % node_publish_secrets m:mesos.v1.Secret
5 % volume_context string`,
  'mesos.v1.NetworkInfo': `3 * groups string
4 ? labels m:mesos.v1.Labels
5 * ip_addresses m:mesos.v1.NetworkInfo.IPAddress
6 ? name string
7 * port_mappings m:mesos.v1.NetworkInfo.PortMapping`,
  'mesos.v1.NetworkInfo.IPAddress': `1 ? protocol e:mesos.v1.NetworkInfo.Protocol IPv4
2 ? ip_address string`,
  'mesos.v1.NetworkInfo.PortMapping': `1 ! host_port uint32
2 ! container_port uint32
3 ? protocol string`,
  'mesos.v1.CapabilityInfo': `1 * capabilities e:mesos.v1.CapabilityInfo.Capability`,
  'mesos.v1.SeccompInfo': `1 ? profile_name string
2 ? unconfined bool`,
  'mesos.v1.LinuxInfo': `1 ? capability_info m:mesos.v1.CapabilityInfo
2 ? bounding_capabilities m:mesos.v1.CapabilityInfo
3 ? effective_capabilities m:mesos.v1.CapabilityInfo
4 ? share_pid_namespace bool
5 ? seccomp m:mesos.v1.SeccompInfo
6 ? ipc_mode e:mesos.v1.LinuxInfo.IpcMode
7 ? shm_size uint32
8 ? share_cgroups bool true`,
  'mesos.v1.RLimitInfo': `1 * rlimits m:mesos.v1.RLimitInfo.RLimit`,
  'mesos.v1.RLimitInfo.RLimit': `1 ? type e:mesos.v1.RLimitInfo.RLimit.Type
2 ? hard uint64
3 ? soft uint64`,
  'mesos.v1.TTYInfo': `1 ? window_size m:mesos.v1.TTYInfo.WindowSize`,
  'mesos.v1.TTYInfo.WindowSize': `1 ! rows uint32
2 ! columns uint32`,
  'mesos.v1.ContainerInfo': `1 ! type e:mesos.v1.ContainerInfo.Type
2 * volumes m:mesos.v1.Volume
3 ? docker m:mesos.v1.ContainerInfo.DockerInfo
4 ? hostname string
5 ? mesos m:mesos.v1.ContainerInfo.MesosInfo
7 * network_infos m:mesos.v1.NetworkInfo
8 ? linux_info m:mesos.v1.LinuxInfo
9 ? rlimit_info m:mesos.v1.RLimitInfo
10 ? tty_info m:mesos.v1.TTYInfo`,
  'mesos.v1.ContainerInfo.DockerInfo': `1 ! image string
2 ? network e:mesos.v1.ContainerInfo.DockerInfo.Network HOST
3 * port_mappings m:mesos.v1.ContainerInfo.DockerInfo.PortMapping
4 ? privileged bool false
5 * parameters m:mesos.v1.Parameter
6 ? force_pull_image bool
7 ? volume_driver string`,
  'mesos.v1.ContainerInfo.DockerInfo.PortMapping': `1 ! host_port uint32
2 ! container_port uint32
3 ? protocol string`,
  'mesos.v1.ContainerInfo.MesosInfo': `1 ? image m:mesos.v1.Image`,
  'mesos.v1.ContainerStatus': `1 * network_infos m:mesos.v1.NetworkInfo
2 ? cgroup_info m:mesos.v1.CgroupInfo
3 ? executor_pid uint32
4 ? container_id m:mesos.v1.ContainerID`,
  'mesos.v1.CgroupInfo': `1 ? net_cls m:mesos.v1.CgroupInfo.NetCls`,
  'mesos.v1.CgroupInfo.Blkio': ``,
  'mesos.v1.CgroupInfo.Blkio.Value': `1 ? op e:mesos.v1.CgroupInfo.Blkio.Operation
2 ? value uint64`,
  'mesos.v1.CgroupInfo.Blkio.CFQ': ``,
  'mesos.v1.CgroupInfo.Blkio.CFQ.Statistics': `1 ? device m:mesos.v1.Device.Number
2 ? sectors uint64
3 ? time uint64
4 * io_serviced m:mesos.v1.CgroupInfo.Blkio.Value
5 * io_service_bytes m:mesos.v1.CgroupInfo.Blkio.Value
6 * io_service_time m:mesos.v1.CgroupInfo.Blkio.Value
7 * io_wait_time m:mesos.v1.CgroupInfo.Blkio.Value
8 * io_merged m:mesos.v1.CgroupInfo.Blkio.Value
9 * io_queued m:mesos.v1.CgroupInfo.Blkio.Value`,
  'mesos.v1.CgroupInfo.Blkio.Throttling': ``,
  'mesos.v1.CgroupInfo.Blkio.Throttling.Statistics': `1 ? device m:mesos.v1.Device.Number
2 * io_serviced m:mesos.v1.CgroupInfo.Blkio.Value
3 * io_service_bytes m:mesos.v1.CgroupInfo.Blkio.Value`,
  'mesos.v1.CgroupInfo.Blkio.Statistics': `1 * cfq m:mesos.v1.CgroupInfo.Blkio.CFQ.Statistics
2 * cfq_recursive m:mesos.v1.CgroupInfo.Blkio.CFQ.Statistics
3 * throttling m:mesos.v1.CgroupInfo.Blkio.Throttling.Statistics`,
  'mesos.v1.CgroupInfo.NetCls': `1 ? classid uint32`,
  'mesos.v1.Labels': `1 * labels m:mesos.v1.Label`,
  'mesos.v1.Label': `1 ! key string
2 ? value string`,
  'mesos.v1.Port': `1 ! number uint32
2 ? name string
3 ? protocol string
4 ? visibility e:mesos.v1.DiscoveryInfo.Visibility
5 ? labels m:mesos.v1.Labels`,
  'mesos.v1.Ports': `1 * ports m:mesos.v1.Port`,
  'mesos.v1.DiscoveryInfo': `1 ! visibility e:mesos.v1.DiscoveryInfo.Visibility
2 ? name string
3 ? environment string
4 ? location string
5 ? version string
6 ? ports m:mesos.v1.Ports
7 ? labels m:mesos.v1.Labels`,
  'mesos.v1.WeightInfo': `1 ! weight double
2 ? role string`,
  'mesos.v1.VersionInfo': `1 ! version string
2 ? build_date string
3 ? build_time double
4 ? build_user string
5 ? git_sha string
6 ? git_branch string
7 ? git_tag string`,
  'mesos.v1.Flag': `1 ! name string
2 ? value string`,
  'mesos.v1.Role': `1 ! name string
2 ! weight double
3 * frameworks m:mesos.v1.FrameworkID
4 * resources m:mesos.v1.Resource`,
  'mesos.v1.Metric': `1 ! name string
2 ? value double`,
  'mesos.v1.FileInfo': `1 ! path string
2 ? nlink int32
3 ? size uint64
4 ? mtime m:mesos.v1.TimeInfo
5 ? mode uint32
6 ? uid string
7 ? gid string`,
  'mesos.v1.Device': `1 ? path string
2 ? number m:mesos.v1.Device.Number`,
  'mesos.v1.Device.Number': `1 ! major_number uint64
2 ! minor_number uint64`,
  'mesos.v1.DeviceAccess': `1 ! device m:mesos.v1.Device
2 ! access m:mesos.v1.DeviceAccess.Access`,
  'mesos.v1.DeviceAccess.Access': `1 ? read bool
2 ? write bool
3 ? mknod bool`,
  'mesos.v1.DeviceWhitelist': `1 * allowed_devices m:mesos.v1.DeviceAccess`,
  'mesos.v1.DrainConfig': `1 ? max_grace_period m:mesos.v1.DurationInfo
2 ? mark_gone bool false`,
  'mesos.v1.DrainInfo': `1 ! state e:mesos.v1.DrainState
2 ! config m:mesos.v1.DrainConfig`,
  'mesos.v1.quota.QuotaInfo': `1 ? role string
2 ? principal string
3 * guarantee m:mesos.v1.Resource`,
  'mesos.v1.quota.QuotaRequest': `1 ? force bool
2 ? role string
3 * guarantee m:mesos.v1.Resource`,
  'mesos.v1.quota.QuotaConfig': `1 ! role string
2 % guarantees m:mesos.v1.Value.Scalar
3 % limits m:mesos.v1.Value.Scalar`,
  'mesos.v1.quota.QuotaStatus': `1 * infos m:mesos.v1.quota.QuotaInfo
2 * configs m:mesos.v1.quota.QuotaConfig`,
  'mesos.v1.resource_provider.Event': `1 ? type e:mesos.v1.resource_provider.Event.Type
2 ? subscribed m:mesos.v1.resource_provider.Event.Subscribed
3 ? apply_operation m:mesos.v1.resource_provider.Event.ApplyOperation
4 ? publish_resources m:mesos.v1.resource_provider.Event.PublishResources
5 ? acknowledge_operation_status m:mesos.v1.resource_provider.Event.AcknowledgeOperationStatus
6 ? reconcile_operations m:mesos.v1.resource_provider.Event.ReconcileOperations`,
  'mesos.v1.resource_provider.Event.Subscribed': `1 ! provider_id m:mesos.v1.ResourceProviderID`,
  'mesos.v1.resource_provider.Event.ApplyOperation': `1 ? framework_id m:mesos.v1.FrameworkID
2 ! info m:mesos.v1.Offer.Operation
3 ! operation_uuid m:mesos.v1.UUID
4 ! resource_version_uuid m:mesos.v1.UUID`,
  'mesos.v1.resource_provider.Event.PublishResources': `1 ! uuid m:mesos.v1.UUID
2 * resources m:mesos.v1.Resource`,
  'mesos.v1.resource_provider.Event.AcknowledgeOperationStatus': `1 ! status_uuid m:mesos.v1.UUID
2 ! operation_uuid m:mesos.v1.UUID`,
  'mesos.v1.resource_provider.Event.ReconcileOperations': `1 * operation_uuids m:mesos.v1.UUID`,
  'mesos.v1.resource_provider.Call': `1 ? resource_provider_id m:mesos.v1.ResourceProviderID
2 ? type e:mesos.v1.resource_provider.Call.Type
3 ? subscribe m:mesos.v1.resource_provider.Call.Subscribe
4 ? update_operation_status m:mesos.v1.resource_provider.Call.UpdateOperationStatus
5 ? update_state m:mesos.v1.resource_provider.Call.UpdateState
6 ? update_publish_resources_status m:mesos.v1.resource_provider.Call.UpdatePublishResourcesStatus`,
  'mesos.v1.resource_provider.Call.Subscribe': `1 ! resource_provider_info m:mesos.v1.ResourceProviderInfo`,
  'mesos.v1.resource_provider.Call.UpdateOperationStatus': `1 ? framework_id m:mesos.v1.FrameworkID
2 ! status m:mesos.v1.OperationStatus
3 ? latest_status m:mesos.v1.OperationStatus
4 ! operation_uuid m:mesos.v1.UUID`,
  'mesos.v1.resource_provider.Call.UpdateState': `1 * operations m:mesos.v1.Operation
2 * resources m:mesos.v1.Resource
3 ! resource_version_uuid m:mesos.v1.UUID`,
  'mesos.v1.resource_provider.Call.UpdatePublishResourcesStatus': `1 ! uuid m:mesos.v1.UUID
2 ! status e:mesos.v1.resource_provider.Call.UpdatePublishResourcesStatus.Status`,
  'mesos.v1.scheduler.Event': `1 ? type e:mesos.v1.scheduler.Event.Type
2 ? subscribed m:mesos.v1.scheduler.Event.Subscribed
3 ? offers m:mesos.v1.scheduler.Event.Offers
4 ? rescind m:mesos.v1.scheduler.Event.Rescind
5 ? update m:mesos.v1.scheduler.Event.Update
6 ? message m:mesos.v1.scheduler.Event.Message
7 ? failure m:mesos.v1.scheduler.Event.Failure
8 ? error m:mesos.v1.scheduler.Event.Error
9 ? inverse_offers m:mesos.v1.scheduler.Event.InverseOffers
10 ? rescind_inverse_offer m:mesos.v1.scheduler.Event.RescindInverseOffer
11 ? update_operation_status m:mesos.v1.scheduler.Event.UpdateOperationStatus`,
  'mesos.v1.scheduler.Event.Subscribed': `1 ! framework_id m:mesos.v1.FrameworkID
2 ? heartbeat_interval_seconds double
3 ? master_info m:mesos.v1.MasterInfo`,
  'mesos.v1.scheduler.Event.Offers': `1 * offers m:mesos.v1.Offer`,
  'mesos.v1.scheduler.Event.InverseOffers': `1 * inverse_offers m:mesos.v1.InverseOffer`,
  'mesos.v1.scheduler.Event.Rescind': `1 ! offer_id m:mesos.v1.OfferID`,
  'mesos.v1.scheduler.Event.RescindInverseOffer': `1 ! inverse_offer_id m:mesos.v1.OfferID`,
  'mesos.v1.scheduler.Event.Update': `1 ! status m:mesos.v1.TaskStatus`,
  'mesos.v1.scheduler.Event.UpdateOperationStatus': `1 ! status m:mesos.v1.OperationStatus`,
  'mesos.v1.scheduler.Event.Message': `1 ! agent_id m:mesos.v1.AgentID
2 ! executor_id m:mesos.v1.ExecutorID
3 ! data bytes`,
  'mesos.v1.scheduler.Event.Failure': `1 ? agent_id m:mesos.v1.AgentID
2 ? executor_id m:mesos.v1.ExecutorID
3 ? status int32`,
  'mesos.v1.scheduler.Event.Error': `1 ! message string`,
  'mesos.v1.scheduler.Response': `1 ? type e:mesos.v1.scheduler.Response.Type
2 ? reconcile_operations m:mesos.v1.scheduler.Response.ReconcileOperations`,
  'mesos.v1.scheduler.Response.ReconcileOperations': `1 * operation_statuses m:mesos.v1.OperationStatus`,
  'mesos.v1.scheduler.AttributeConstraint': `1 ! selector m:mesos.v1.scheduler.AttributeConstraint.Selector
2 ! predicate m:mesos.v1.scheduler.AttributeConstraint.Predicate`,
  'mesos.v1.scheduler.AttributeConstraint.Selector': `1 ? pseudoattribute_type e:mesos.v1.scheduler.AttributeConstraint.Selector.PseudoattributeType
2 ? attribute_name string`,
  'mesos.v1.scheduler.AttributeConstraint.Predicate': `1 ? exists m:mesos.v1.scheduler.AttributeConstraint.Predicate.Exists
2 ? not_exists m:mesos.v1.scheduler.AttributeConstraint.Predicate.NotExists
3 ? text_equals m:mesos.v1.scheduler.AttributeConstraint.Predicate.TextEquals
4 ? text_not_equals m:mesos.v1.scheduler.AttributeConstraint.Predicate.TextNotEquals
5 ? text_matches m:mesos.v1.scheduler.AttributeConstraint.Predicate.TextMatches
6 ? text_not_matches m:mesos.v1.scheduler.AttributeConstraint.Predicate.TextNotMatches`,
  'mesos.v1.scheduler.AttributeConstraint.Predicate.Exists': ``,
  'mesos.v1.scheduler.AttributeConstraint.Predicate.NotExists': ``,
  'mesos.v1.scheduler.AttributeConstraint.Predicate.TextEquals': `1 ! value string`,
  'mesos.v1.scheduler.AttributeConstraint.Predicate.TextNotEquals': `1 ! value string`,
  'mesos.v1.scheduler.AttributeConstraint.Predicate.TextMatches': `1 ! regex string`,
  'mesos.v1.scheduler.AttributeConstraint.Predicate.TextNotMatches': `1 ! regex string`,
  'mesos.v1.scheduler.OfferConstraints': `1 % role_constraints m:mesos.v1.scheduler.OfferConstraints.RoleConstraints`,
  'mesos.v1.scheduler.OfferConstraints.RoleConstraints': `1 * groups m:mesos.v1.scheduler.OfferConstraints.RoleConstraints.Group`,
  'mesos.v1.scheduler.OfferConstraints.RoleConstraints.Group': `1 * attribute_constraints m:mesos.v1.scheduler.AttributeConstraint`,
  'mesos.v1.scheduler.Call': `1 ? framework_id m:mesos.v1.FrameworkID
2 ? type e:mesos.v1.scheduler.Call.Type
3 ? subscribe m:mesos.v1.scheduler.Call.Subscribe
4 ? accept m:mesos.v1.scheduler.Call.Accept
5 ? decline m:mesos.v1.scheduler.Call.Decline
6 ? kill m:mesos.v1.scheduler.Call.Kill
7 ? shutdown m:mesos.v1.scheduler.Call.Shutdown
8 ? acknowledge m:mesos.v1.scheduler.Call.Acknowledge
9 ? reconcile m:mesos.v1.scheduler.Call.Reconcile
10 ? message m:mesos.v1.scheduler.Call.Message
11 ? request m:mesos.v1.scheduler.Call.Request
13 ? accept_inverse_offers m:mesos.v1.scheduler.Call.AcceptInverseOffers
14 ? decline_inverse_offers m:mesos.v1.scheduler.Call.DeclineInverseOffers
15 ? revive m:mesos.v1.scheduler.Call.Revive
16 ? suppress m:mesos.v1.scheduler.Call.Suppress
17 ? acknowledge_operation_status m:mesos.v1.scheduler.Call.AcknowledgeOperationStatus
18 ? reconcile_operations m:mesos.v1.scheduler.Call.ReconcileOperations
19 ? update_framework m:mesos.v1.scheduler.Call.UpdateFramework`,
  'mesos.v1.scheduler.Call.Subscribe': `1 ! framework_info m:mesos.v1.FrameworkInfo
2 * suppressed_roles string
3 ? offer_constraints m:mesos.v1.scheduler.OfferConstraints`,
  'mesos.v1.scheduler.Call.Accept': `1 * offer_ids m:mesos.v1.OfferID
2 * operations m:mesos.v1.Offer.Operation
3 ? filters m:mesos.v1.Filters`,
  'mesos.v1.scheduler.Call.Decline': `1 * offer_ids m:mesos.v1.OfferID
2 ? filters m:mesos.v1.Filters`,
  'mesos.v1.scheduler.Call.AcceptInverseOffers': `1 * inverse_offer_ids m:mesos.v1.OfferID
2 ? filters m:mesos.v1.Filters`,
  'mesos.v1.scheduler.Call.DeclineInverseOffers': `1 * inverse_offer_ids m:mesos.v1.OfferID
2 ? filters m:mesos.v1.Filters`,
  'mesos.v1.scheduler.Call.Revive': `1 * roles string`,
  'mesos.v1.scheduler.Call.Kill': `1 ! task_id m:mesos.v1.TaskID
2 ? agent_id m:mesos.v1.AgentID
3 ? kill_policy m:mesos.v1.KillPolicy`,
  'mesos.v1.scheduler.Call.Shutdown': `1 ! executor_id m:mesos.v1.ExecutorID
2 ! agent_id m:mesos.v1.AgentID`,
  'mesos.v1.scheduler.Call.Acknowledge': `1 ! agent_id m:mesos.v1.AgentID
2 ! task_id m:mesos.v1.TaskID
3 ! uuid bytes`,
  'mesos.v1.scheduler.Call.AcknowledgeOperationStatus': `1 ? agent_id m:mesos.v1.AgentID
2 ? resource_provider_id m:mesos.v1.ResourceProviderID
3 ! uuid bytes
4 ! operation_id m:mesos.v1.OperationID`,
  'mesos.v1.scheduler.Call.Reconcile': `1 * tasks m:mesos.v1.scheduler.Call.Reconcile.Task`,
  'mesos.v1.scheduler.Call.Reconcile.Task': `1 ! task_id m:mesos.v1.TaskID
2 ? agent_id m:mesos.v1.AgentID`,
  'mesos.v1.scheduler.Call.ReconcileOperations': `1 * operations m:mesos.v1.scheduler.Call.ReconcileOperations.Operation`,
  'mesos.v1.scheduler.Call.ReconcileOperations.Operation': `1 ! operation_id m:mesos.v1.OperationID
2 ? agent_id m:mesos.v1.AgentID
3 ? resource_provider_id m:mesos.v1.ResourceProviderID`,
  'mesos.v1.scheduler.Call.Message': `1 ! agent_id m:mesos.v1.AgentID
2 ! executor_id m:mesos.v1.ExecutorID
3 ! data bytes`,
  'mesos.v1.scheduler.Call.Request': `1 * requests m:mesos.v1.Request`,
  'mesos.v1.scheduler.Call.Suppress': `1 * roles string`,
  'mesos.v1.scheduler.Call.UpdateFramework': `1 ! framework_info m:mesos.v1.FrameworkInfo
2 * suppressed_roles string
3 ? offer_constraints m:mesos.v1.scheduler.OfferConstraints`,
  'mesos.v1.scheduler.APIResult': `1 ! status_code uint32
2 ? response m:mesos.v1.scheduler.Response
3 ? error string`,
  'google.protobuf.Duration': `1 ? seconds int64
2 ? nanos int32`,
};

/** Numbers and names by full enum name. */
export const enumTables: Readonly<Record<string, string>> = {
  'mesos.ACL.Entity.Type': `0 SOME
1 ANY
2 NONE`,
  'mesos.fetcher.FetcherInfo.Item.Action': `0 BYPASS_CACHE
1 DOWNLOAD_AND_CACHE
2 RETRIEVE_FROM_CACHE`,
  'mesos.internal.slave.VolumeGidInfo.Type': `0 UNKNOWN
1 PERSISTENT
2 SANDBOX_PATH`,
  'mesos.internal.StatusUpdateRecord.Type': `0 UPDATE
1 ACK`,
  'mesos.internal.UpdateOperationStatusRecord.Type': `0 UPDATE
1 ACK`,
  'mesos.internal.ContainerDNSInfo.MesosInfo.NetworkMode': `0 UNKNOWN
1 HOST
2 CNI`,
  'mesos.internal.ContainerDNSInfo.DockerInfo.NetworkMode': `0 UNKNOWN
1 HOST
2 BRIDGE
3 USER`,
  'mesos.internal.state.Operation.Type': `1 SNAPSHOT
2 EXPUNGE
3 DIFF`,
  'mesos.seccomp.ContainerSeccompProfile.Architecture': `0 UNKNOWN
1 ARCH_X86
2 ARCH_X86_64
3 ARCH_X32
4 ARCH_ARM
5 ARCH_AARCH64
6 ARCH_MIPS
7 ARCH_MIPSEL
8 ARCH_MIPS64
9 ARCH_MIPSEL64
10 ARCH_MIPS64N32
11 ARCH_MIPSEL64N32
12 ARCH_PPC
13 ARCH_PPC64
14 ARCH_PPC64LE
15 ARCH_S390
16 ARCH_S390X`,
  'mesos.seccomp.ContainerSeccompProfile.Syscall.Action': `0 UNKNOWN
1 ACT_KILL
2 ACT_TRAP
3 ACT_ERRNO
4 ACT_TRACE
5 ACT_ALLOW`,
  'mesos.seccomp.ContainerSeccompProfile.Syscall.Arg.Operator': `0 UNKNOWN
1 CMP_NE
2 CMP_LT
3 CMP_LE
4 CMP_EQ
5 CMP_GE
6 CMP_GT
7 CMP_MASKED_EQ`,
  'mesos.slave.ContainerClass': `1 DEFAULT
2 DEBUG`,
  'mesos.slave.ContainerFileOperation.Operation': `1 SYMLINK
2 MOUNT
3 RENAME
4 MKDIR`,
  'mesos.slave.QoSCorrection.Type': `1 KILL`,
  'mesos.v1.agent.Call.Type': `0 UNKNOWN
1 GET_HEALTH
2 GET_FLAGS
3 GET_VERSION
4 GET_METRICS
5 GET_LOGGING_LEVEL
6 SET_LOGGING_LEVEL
7 LIST_FILES
8 READ_FILE
9 GET_STATE
10 GET_CONTAINERS
11 GET_FRAMEWORKS
12 GET_EXECUTORS
13 GET_TASKS
14 LAUNCH_NESTED_CONTAINER
15 WAIT_NESTED_CONTAINER
16 KILL_NESTED_CONTAINER
17 LAUNCH_NESTED_CONTAINER_SESSION
18 ATTACH_CONTAINER_INPUT
19 ATTACH_CONTAINER_OUTPUT
20 GET_AGENT
21 REMOVE_NESTED_CONTAINER
22 LAUNCH_CONTAINER
23 WAIT_CONTAINER
24 KILL_CONTAINER
25 REMOVE_CONTAINER
26 GET_RESOURCE_PROVIDERS
27 ADD_RESOURCE_PROVIDER_CONFIG
28 UPDATE_RESOURCE_PROVIDER_CONFIG
29 REMOVE_RESOURCE_PROVIDER_CONFIG
30 PRUNE_IMAGES
31 GET_OPERATIONS
32 MARK_RESOURCE_PROVIDER_GONE`,
  'mesos.v1.agent.Call.AttachContainerInput.Type': `0 UNKNOWN
1 CONTAINER_ID
2 PROCESS_IO`,
  'mesos.v1.agent.Response.Type': `0 UNKNOWN
1 GET_HEALTH
2 GET_FLAGS
3 GET_VERSION
4 GET_METRICS
5 GET_LOGGING_LEVEL
6 LIST_FILES
7 READ_FILE
8 GET_STATE
9 GET_CONTAINERS
10 GET_FRAMEWORKS
11 GET_EXECUTORS
12 GET_TASKS
13 WAIT_NESTED_CONTAINER
14 GET_AGENT
15 WAIT_CONTAINER
16 GET_RESOURCE_PROVIDERS
17 GET_OPERATIONS`,
  'mesos.v1.agent.ProcessIO.Type': `0 UNKNOWN
1 DATA
2 CONTROL`,
  'mesos.v1.agent.ProcessIO.Data.Type': `0 UNKNOWN
1 STDIN
2 STDOUT
3 STDERR`,
  'mesos.v1.agent.ProcessIO.Control.Type': `0 UNKNOWN
1 TTY_INFO
2 HEARTBEAT`,
  'mesos.v1.allocator.InverseOfferStatus.Status': `1 UNKNOWN
2 ACCEPT
3 DECLINE`,
  'mesos.v1.executor.Event.Type': `0 UNKNOWN
1 SUBSCRIBED
2 LAUNCH
3 KILL
4 ACKNOWLEDGED
5 MESSAGE
6 ERROR
7 SHUTDOWN
8 LAUNCH_GROUP
9 HEARTBEAT`,
  'mesos.v1.executor.Call.Type': `0 UNKNOWN
1 SUBSCRIBE
2 UPDATE
3 MESSAGE
4 HEARTBEAT`,
  'mesos.v1.master.Call.Type': `0 UNKNOWN
1 GET_HEALTH
2 GET_FLAGS
3 GET_VERSION
4 GET_METRICS
5 GET_LOGGING_LEVEL
6 SET_LOGGING_LEVEL
7 LIST_FILES
8 READ_FILE
9 GET_STATE
10 GET_AGENTS
11 GET_FRAMEWORKS
12 GET_EXECUTORS
13 GET_TASKS
14 GET_ROLES
15 GET_WEIGHTS
16 UPDATE_WEIGHTS
17 GET_MASTER
18 SUBSCRIBE
19 RESERVE_RESOURCES
20 UNRESERVE_RESOURCES
21 CREATE_VOLUMES
22 DESTROY_VOLUMES
23 GET_MAINTENANCE_STATUS
24 GET_MAINTENANCE_SCHEDULE
25 UPDATE_MAINTENANCE_SCHEDULE
26 START_MAINTENANCE
27 STOP_MAINTENANCE
28 GET_QUOTA
29 SET_QUOTA
30 REMOVE_QUOTA
31 TEARDOWN
32 MARK_AGENT_GONE
33 GET_OPERATIONS
34 GROW_VOLUME
35 SHRINK_VOLUME
36 UPDATE_QUOTA
37 DRAIN_AGENT
38 DEACTIVATE_AGENT
39 REACTIVATE_AGENT`,
  'mesos.v1.master.Response.Type': `0 UNKNOWN
1 GET_HEALTH
2 GET_FLAGS
3 GET_VERSION
4 GET_METRICS
5 GET_LOGGING_LEVEL
6 LIST_FILES
7 READ_FILE
8 GET_STATE
9 GET_AGENTS
10 GET_FRAMEWORKS
11 GET_EXECUTORS
12 GET_TASKS
13 GET_ROLES
14 GET_WEIGHTS
15 GET_MASTER
16 GET_MAINTENANCE_STATUS
17 GET_MAINTENANCE_SCHEDULE
18 GET_QUOTA
19 GET_OPERATIONS`,
  'mesos.v1.master.Event.Type': `0 UNKNOWN
1 SUBSCRIBED
2 TASK_ADDED
3 TASK_UPDATED
4 AGENT_ADDED
5 AGENT_REMOVED
6 FRAMEWORK_ADDED
7 FRAMEWORK_UPDATED
8 FRAMEWORK_REMOVED
9 HEARTBEAT`,
  'mesos.v1.Status': `1 DRIVER_NOT_STARTED
2 DRIVER_RUNNING
3 DRIVER_ABORTED
4 DRIVER_STOPPED`,
  'mesos.v1.TaskState': `0 TASK_STARTING
1 TASK_RUNNING
2 TASK_FINISHED
3 TASK_FAILED
4 TASK_KILLED
5 TASK_LOST
6 TASK_STAGING
7 TASK_ERROR
8 TASK_KILLING
9 TASK_DROPPED
10 TASK_UNREACHABLE
11 TASK_GONE
12 TASK_GONE_BY_OPERATOR
13 TASK_UNKNOWN`,
  'mesos.v1.OperationState': `0 OPERATION_UNSUPPORTED
1 OPERATION_PENDING
2 OPERATION_FINISHED
3 OPERATION_FAILED
4 OPERATION_ERROR
5 OPERATION_DROPPED
6 OPERATION_UNREACHABLE
7 OPERATION_GONE_BY_OPERATOR
8 OPERATION_RECOVERING
9 OPERATION_UNKNOWN`,
  'mesos.v1.DrainState': `0 UNKNOWN
1 DRAINING
2 DRAINED`,
  'mesos.v1.MachineInfo.Mode': `1 UP
2 DRAINING
3 DOWN`,
  'mesos.v1.FrameworkInfo.Capability.Type': `0 UNKNOWN
1 REVOCABLE_RESOURCES
2 TASK_KILLING_STATE
3 GPU_RESOURCES
4 SHARED_RESOURCES
5 PARTITION_AWARE
6 MULTI_ROLE
7 RESERVATION_REFINEMENT
8 REGION_AWARE`,
  'mesos.v1.CheckInfo.Type': `0 UNKNOWN
1 COMMAND
2 HTTP
3 TCP`,
  'mesos.v1.HealthCheck.Type': `0 UNKNOWN
1 COMMAND
2 HTTP
3 TCP`,
  'mesos.v1.ExecutorInfo.Type': `0 UNKNOWN
1 DEFAULT
2 CUSTOM`,
  'mesos.v1.MasterInfo.Capability.Type': `0 UNKNOWN
1 AGENT_UPDATE
2 AGENT_DRAINING
3 QUOTA_V2`,
  'mesos.v1.AgentInfo.Capability.Type': `0 UNKNOWN
1 MULTI_ROLE
2 HIERARCHICAL_ROLE
3 RESERVATION_REFINEMENT
4 RESOURCE_PROVIDER
5 RESIZE_VOLUME
6 AGENT_OPERATION_FEEDBACK
7 AGENT_DRAINING
8 TASK_RESOURCE_LIMITS
1000 SHARED_PORTS
1001 PROXY_TOKENS`,
  'mesos.v1.CSIPluginContainerInfo.Service': `0 UNKNOWN
1 CONTROLLER_SERVICE
2 NODE_SERVICE`,
  'mesos.v1.Value.Type': `0 SCALAR
1 RANGES
2 SET
3 TEXT`,
  'mesos.v1.Resource.ReservationInfo.Type': `0 UNKNOWN
1 STATIC
2 DYNAMIC`,
  'mesos.v1.Resource.DiskInfo.Source.Type': `0 UNKNOWN
1 PATH
2 MOUNT
3 BLOCK
4 RAW`,
  'mesos.v1.Offer.Operation.Type': `0 UNKNOWN
1 LAUNCH
2 RESERVE
3 UNRESERVE
4 CREATE
5 DESTROY
6 LAUNCH_GROUP
11 GROW_VOLUME
12 SHRINK_VOLUME
13 CREATE_DISK
14 DESTROY_DISK`,
  'mesos.v1.TaskStatus.Source': `0 SOURCE_MASTER
1 SOURCE_AGENT
2 SOURCE_EXECUTOR`,
  'mesos.v1.TaskStatus.Reason': `0 REASON_COMMAND_EXECUTOR_FAILED
1 REASON_EXECUTOR_TERMINATED
2 REASON_EXECUTOR_UNREGISTERED
3 REASON_FRAMEWORK_REMOVED
4 REASON_GC_ERROR
5 REASON_INVALID_FRAMEWORKID
6 REASON_INVALID_OFFERS
7 REASON_MASTER_DISCONNECTED
8 REASON_CONTAINER_LIMITATION_MEMORY
9 REASON_RECONCILIATION
10 REASON_AGENT_DISCONNECTED
11 REASON_AGENT_REMOVED
12 REASON_AGENT_RESTARTED
13 REASON_AGENT_UNKNOWN
14 REASON_TASK_INVALID
15 REASON_TASK_UNAUTHORIZED
16 REASON_TASK_UNKNOWN
17 REASON_CONTAINER_PREEMPTED
18 REASON_RESOURCES_UNKNOWN
19 REASON_CONTAINER_LIMITATION
20 REASON_CONTAINER_LIMITATION_DISK
21 REASON_CONTAINER_LAUNCH_FAILED
22 REASON_CONTAINER_UPDATE_FAILED
23 REASON_EXECUTOR_REGISTRATION_TIMEOUT
24 REASON_EXECUTOR_REREGISTRATION_TIMEOUT
25 REASON_TASK_GROUP_INVALID
26 REASON_TASK_GROUP_UNAUTHORIZED
27 REASON_IO_SWITCHBOARD_EXITED
28 REASON_TASK_CHECK_STATUS_UPDATED
29 REASON_TASK_HEALTH_CHECK_STATUS_UPDATED
30 REASON_TASK_KILLED_DURING_LAUNCH
31 REASON_AGENT_REMOVED_BY_OPERATOR
32 REASON_AGENT_REREGISTERED
33 REASON_MAX_COMPLETION_TIME_REACHED
34 REASON_AGENT_DRAINING`,
  'mesos.v1.Environment.Variable.Type': `0 UNKNOWN
1 VALUE
2 SECRET`,
  'mesos.v1.Secret.Type': `0 UNKNOWN
1 REFERENCE
2 VALUE`,
  'mesos.v1.Image.Type': `1 APPC
2 DOCKER`,
  'mesos.v1.MountPropagation.Mode': `0 UNKNOWN
1 HOST_TO_CONTAINER
2 BIDIRECTIONAL`,
  'mesos.v1.Volume.Mode': `1 RW
2 RO`,
  'mesos.v1.Volume.Source.Type': `0 UNKNOWN
1 DOCKER_VOLUME
2 SANDBOX_PATH
3 SECRET
4 HOST_PATH
5 CSI_VOLUME`,
  'mesos.v1.Volume.Source.SandboxPath.Type': `0 UNKNOWN
1 SELF
2 PARENT`,
  'mesos.v1.Volume.Source.CSIVolume.VolumeCapability.AccessMode.Mode': `0 UNKNOWN
1 SINGLE_NODE_WRITER
2 SINGLE_NODE_READER_ONLY
3 MULTI_NODE_READER_ONLY
4 MULTI_NODE_SINGLE_WRITER
5 MULTI_NODE_MULTI_WRITER`,
  'mesos.v1.NetworkInfo.Protocol': `1 IPv4
2 IPv6`,
  'mesos.v1.CapabilityInfo.Capability': `0 UNKNOWN
1000 CHOWN
1001 DAC_OVERRIDE
1002 DAC_READ_SEARCH
1003 FOWNER
1004 FSETID
1005 KILL
1006 SETGID
1007 SETUID
1008 SETPCAP
1009 LINUX_IMMUTABLE
1010 NET_BIND_SERVICE
1011 NET_BROADCAST
1012 NET_ADMIN
1013 NET_RAW
1014 IPC_LOCK
1015 IPC_OWNER
1016 SYS_MODULE
1017 SYS_RAWIO
1018 SYS_CHROOT
1019 SYS_PTRACE
1020 SYS_PACCT
1021 SYS_ADMIN
1022 SYS_BOOT
1023 SYS_NICE
1024 SYS_RESOURCE
1025 SYS_TIME
1026 SYS_TTY_CONFIG
1027 MKNOD
1028 LEASE
1029 AUDIT_WRITE
1030 AUDIT_CONTROL
1031 SETFCAP
1032 MAC_OVERRIDE
1033 MAC_ADMIN
1034 SYSLOG
1035 WAKE_ALARM
1036 BLOCK_SUSPEND
1037 AUDIT_READ
1038 PERFMON
1039 BPF
1040 CHECKPOINT_RESTORE`,
  'mesos.v1.LinuxInfo.IpcMode': `0 UNKNOWN
1 PRIVATE
2 SHARE_PARENT`,
  'mesos.v1.RLimitInfo.RLimit.Type': `0 UNKNOWN
1 RLMT_AS
2 RLMT_CORE
3 RLMT_CPU
4 RLMT_DATA
5 RLMT_FSIZE
6 RLMT_LOCKS
7 RLMT_MEMLOCK
8 RLMT_MSGQUEUE
9 RLMT_NICE
10 RLMT_NOFILE
11 RLMT_NPROC
12 RLMT_RSS
13 RLMT_RTPRIO
14 RLMT_RTTIME
15 RLMT_SIGPENDING
16 RLMT_STACK`,
  'mesos.v1.ContainerInfo.Type': `1 DOCKER
2 MESOS`,
  'mesos.v1.ContainerInfo.DockerInfo.Network': `1 HOST
2 BRIDGE
3 NONE
4 USER`,
  'mesos.v1.CgroupInfo.Blkio.Operation': `0 UNKNOWN
1 TOTAL
2 READ
3 WRITE
4 SYNC
5 ASYNC
6 DISCARD`,
  'mesos.v1.DiscoveryInfo.Visibility': `0 FRAMEWORK
1 CLUSTER
2 EXTERNAL`,
  'mesos.v1.resource_provider.Event.Type': `0 UNKNOWN
1 SUBSCRIBED
2 APPLY_OPERATION
3 PUBLISH_RESOURCES
4 ACKNOWLEDGE_OPERATION_STATUS
5 RECONCILE_OPERATIONS
6 TEARDOWN`,
  'mesos.v1.resource_provider.Call.Type': `0 UNKNOWN
1 SUBSCRIBE
2 UPDATE_OPERATION_STATUS
3 UPDATE_STATE
4 UPDATE_PUBLISH_RESOURCES_STATUS`,
  'mesos.v1.resource_provider.Call.UpdatePublishResourcesStatus.Status': `0 UNKNOWN
1 OK
2 FAILED`,
  'mesos.v1.scheduler.Event.Type': `0 UNKNOWN
1 SUBSCRIBED
2 OFFERS
3 RESCIND
4 UPDATE
5 MESSAGE
6 FAILURE
7 ERROR
8 HEARTBEAT
9 INVERSE_OFFERS
10 RESCIND_INVERSE_OFFER
11 UPDATE_OPERATION_STATUS`,
  'mesos.v1.scheduler.Response.Type': `0 UNKNOWN
1 RECONCILE_OPERATIONS`,
  'mesos.v1.scheduler.AttributeConstraint.Selector.PseudoattributeType': `0 UNKNOWN
1 HOSTNAME
2 REGION
3 ZONE`,
  'mesos.v1.scheduler.Call.Type': `0 UNKNOWN
1 SUBSCRIBE
2 TEARDOWN
3 ACCEPT
4 DECLINE
5 REVIVE
6 KILL
7 SHUTDOWN
8 ACKNOWLEDGE
9 RECONCILE
10 MESSAGE
11 REQUEST
12 SUPPRESS
13 ACCEPT_INVERSE_OFFERS
14 DECLINE_INVERSE_OFFERS
15 ACKNOWLEDGE_OPERATION_STATUS
16 RECONCILE_OPERATIONS
17 UPDATE_FRAMEWORK`,
};
