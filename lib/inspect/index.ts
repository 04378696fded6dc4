/** The entry `gpu-buddy/inspect`: names only. */
/// <reference lib="esnext.disposable" preserve="true" />
export type { ListenOptions } from '../local-server/local-server';
export { PageError } from '../local-server/page';
export type { WaitSignal } from '../wait-signal';
export {
  inspect,
  mountInspection,
  type InspectedList,
  type InspectOptions,
  type Inspection,
  type InspectRequest,
  type InspectResponse,
  type MountedInspection,
  type MountOptions,
  type ViewOptions,
} from './inspect';
