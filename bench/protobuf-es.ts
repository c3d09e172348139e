/** The schema of proto/ for the libraries that the codec is compared with. */
import { globSync, readFileSync } from 'node:fs';
import { create, createFileRegistry, type Registry } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Type as Kind,
  FieldDescriptorProto_Label as Label,
} from '@bufbuild/protobuf/wkt';
import protobuf from 'protobufjs';

const duration = 'syntax = "proto3"; package google.protobuf; message Duration { int64 seconds = 1; int32 nanos = 2; }';

/** proto/ as protobufjs reads it. */
export function loadRoot(): protobuf.Root {
  const directory = new URL('../proto/', import.meta.url).pathname;
  const root = new protobuf.Root();
  for (const file of globSync('**/*.proto', { cwd: directory }).sort()) {
    protobuf.parse(readFileSync(directory + file, 'utf8'), root, { keepCase: true });
  }
  protobuf.parse(duration, root, { keepCase: true });
  root.resolveAll();
  return root;
}

function enumDescriptor(type: protobuf.Enum): EnumDescriptorProto {
  const value = Object.entries(type.values).map(([name, number]) => ({ name, number }));
  return create(EnumDescriptorProtoSchema, { name: type.name, value });
}

function fieldDescriptor(field: protobuf.Field): FieldDescriptorProto {
  const resolved = field.resolvedType;
  const kind = resolved instanceof protobuf.Enum ? Kind.ENUM : resolved ? Kind.MESSAGE : undefined;
  return create(FieldDescriptorProtoSchema, {
    name: field.name,
    jsonName: field.name,
    number: field.id,
    label: field.repeated ? Label.REPEATED : field.required ? Label.REQUIRED : Label.OPTIONAL,
    type: kind ?? Kind[field.type.toUpperCase() as keyof typeof Kind],
    ...(resolved ? { typeName: resolved.fullName } : {}),
  });
}

/** Map fields are left out: none of the messages compared has one. */
function messageDescriptor(type: protobuf.Type): DescriptorProto {
  return create(DescriptorProtoSchema, {
    name: type.name,
    field: type.fieldsArray.filter(field => !(field instanceof protobuf.MapField)).map(fieldDescriptor),
    nestedType: type.nestedArray.filter(each => each instanceof protobuf.Type).map(messageDescriptor),
    enumType: type.nestedArray.filter(each => each instanceof protobuf.Enum).map(enumDescriptor),
  });
}

/** Packages that hold messages, each before those that refer to it. */
const packages = [
  'google.protobuf',
  'mesos.v1',
  'mesos.v1.allocator',
  'mesos.v1.maintenance',
  'mesos.v1.quota',
  'mesos.v1.resource_provider',
  'mesos.resource_provider.registry',
  'mesos.internal.slave.cni.spec',
  'mesos.internal',
];

/** Some packages of proto/, which need no others, as protobuf-es reads them. */
export function loadRegistry(root: protobuf.Root): Registry {
  const file = packages.map(name => {
    const namespace = root.lookup(name) as protobuf.Namespace;
    return create(FileDescriptorProtoSchema, {
      name: `${name}.proto`,
      package: name,
      syntax: 'proto2',
      messageType: namespace.nestedArray.filter(each => each instanceof protobuf.Type).map(messageDescriptor),
      enumType: namespace.nestedArray.filter(each => each instanceof protobuf.Enum).map(enumDescriptor),
    });
  });
  return createFileRegistry(create(FileDescriptorSetSchema, { file }));
}
