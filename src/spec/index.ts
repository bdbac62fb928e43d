/** Room `spec`: blueprints of maps, programs and objects: plain data, the same on every machine. */
export {
  AttachType,
  type AttachTypeName,
  LogLevel,
  MapFlags,
  MapType,
  type MapTypeName,
  ProgramFlags,
  ProgramType,
  type ProgramTypeName,
  RingFlags,
  RingQuery,
} from './constants.ts';
export type { CoreTargets } from './core/candidates.ts';
export { POISON_HELPER } from './core/patch.ts';
export { describePoison, reachablePoison } from './core/poison.ts';
export {
  type Relocatable,
  type RelocationOutcome,
  type RelocationResult,
  relocate,
} from './core/relocate.ts';
export { declaredEvent } from './declared-event.ts';
export { declaredType, setEventTypes } from './declared-type.ts';
export { inferEvents } from './elf/event-types.ts';
export { parseObject } from './elf/parse-object.ts';
export { keyForm, type MapForm, valueForm } from './map-forms.ts';
export type { MapSpec, ObjectSpec, ProgramSpec, TypeRef, VariableSpec } from './object.ts';
export { checkLayout, type Layout, type MapLayout, type ObjectLayout } from './object-layout.ts';
export { type FormatModuleOptions, formatModule } from './print-module.ts';
export { type AttachKind, parseSection, type Section } from './sections.ts';
export { type FormatField, parseFormat } from './tracepoint-format.ts';
export { setVariables, variableEncoder } from './variables.ts';
export { wakeupEvery } from './wakeup.ts';
