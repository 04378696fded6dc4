/** Draws a space as a map: rows of cells in the order of addresses. */
import type { Bytes, GpuBuddy } from 'gpu-buddy';
import { invalidArgType } from '../errors';
import { allocatorOf } from '../gpu-buddy';
import type { BlockTable } from '../block-table';
import type { Names } from '../options';
import type { SpaceSnapshot } from 'gpu-buddy/trace';
import {
  DRAW_NAMES,
  toChoice,
  toDrawOptions,
  type CheckedDrawOptions,
  type DrawOptions,
} from './draw-options';
import { COLOR_BY, type ColorBy } from './colors';
import { mapModel, type MapModel, type MapSpace } from './map-model';
import { mapPicture } from './map-picture';
import { svgOf } from './svg';

/** How to draw a map. */
export interface MapOptions extends DrawOptions {
  /**
   * Meaning of the colours: `'state'` (the default): used, free, and free and known to be zero; `'size'`: the size of each used block;
   * `'label'`: the label of each used block, the seven with the most bytes apart.
   */
  readonly colorBy?: ColorBy | undefined;
  /** Gives the label of a used block by its tag. Default: the tag itself. */
  readonly label?: ((tag: number) => string) | undefined;
}

const MAP_NAMES: Names<MapOptions> = { ...DRAW_NAMES, colorBy: true, label: true };

/**
 * Draws all blocks of an allocator, as they are now, or of a snapshot, as the text of an SVG: at most 512 by 32 cells, so that its
 * size has a bound (some 300 KB) whatever the number of blocks. Blocks smaller than a cell are drawn together, in the kind that most of
 * the cell's bytes are of, paler where less of it is used. Labels are shortened and escaped. Takes as long as `snapshot()`.
 *
 * @example
 * ```ts
 * import { GpuBuddy, SZ_1M } from 'gpu-buddy';
 * import { drawMap } from 'gpu-buddy/draw';
 *
 * const buddy = new GpuBuddy({ size: 64 * SZ_1M });
 * const mesh = buddy.allocBlocks(5 * SZ_1M, { tag: 1 });
 * const svg = drawMap(buddy, { colorBy: 'label', label: (tag) => (tag === 1 ? 'meshes' : 'other') });
 * console.log(svg.includes('meshes: 5 MiB')); // true
 * mesh.free();
 * ```
 *
 * @param source an allocator, or a `SpaceSnapshot` of `gpu-buddy/trace`
 * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, or {RangeError} `ERR_OUT_OF_RANGE`
 */
export function drawMap(source: GpuBuddy<Bytes> | SpaceSnapshot, options?: MapOptions): string {
  const { space, name } = spaceOf(source);
  const { colorBy = 'state', label = String, ...common } = toDrawOptions(options, MAP_NAMES, name);
  const given: unknown = label;
  if (typeof given !== 'function') throw invalidArgType('options.label', 'of type function', given);
  toChoice('options.colorBy', colorBy, COLOR_BY);
  return mapText(mapModel(space, colorBy, labelsByTag(space.blocks.tags, label)), common);
}

/** Draws a snapshot whose blocks have labels by their addresses. */
export function drawLabelled(
  snapshot: SpaceSnapshot,
  labels: ReadonlyMap<number, string> | undefined,
  options: MapOptions,
): string {
  const { colorBy = 'state', ...common } = toDrawOptions(options, MAP_NAMES, 'Memory');
  const { offsets } = snapshot.blocks;
  const model = mapModel({ ...snapshot, base: 0n }, colorBy, (row) => labels?.get(offsets[row] ?? 0) ?? '');
  return mapText(model, common);
}

/** The SVG of a map. */
function mapText(model: MapModel, { title, width, theme }: CheckedDrawOptions): string {
  const frame = { id: 'map', theme };
  return svgOf(mapPicture(model, title, width, frame), frame);
}

interface NamedSpace {
  readonly space: MapSpace & { readonly blocks: BlockTable<Bytes> };
  readonly name: string;
}

function spaceOf(source: GpuBuddy<Bytes> | SpaceSnapshot): NamedSpace {
  if (isSnapshot(source)) return { space: { ...source, base: 0n }, name: 'Memory' };
  const { name = 'Memory' } = allocatorOf(source);
  const blocks = source.snapshot();
  const space = {
    size: Number(source.size),
    chunkSize: Number(source.chunkSize),
    base: BigInt(source.baseOffset),
    blocks,
  };
  return { space, name };
}

function isSnapshot(source: unknown): source is SpaceSnapshot {
  return (
    typeof source === 'object' && source !== null && 'blocks' in source && typeof source.blocks === 'object'
  );
}

/** Labels of rows, by their tags, each asked for once. */
function labelsByTag(tags: Float64Array, label: (tag: number) => string): (row: number) => string {
  const known = new Map<number, string>();
  return (row) => {
    const tag = tags[row] ?? 0;
    const given: unknown = known.get(tag) ?? label(tag);
    const text = typeof given === 'string' ? given : String(given);
    known.set(tag, text);
    return text;
  };
}
