/** Declares what the page and its worker say to each other. Sizes are bytes; addresses are bytes from the start of the space. */

/** Meanings of the colours of blocks. */
export const COLOURINGS = ['allocation', 'age', 'size', 'label', 'account', 'clear'] as const;

export type Colouring = (typeof COLOURINGS)[number];

/** Unit of moments: lines of the trace, or nanoseconds. */
export type ClockUnit = 'line' | 'time';

/** A part of the space. */
export interface Extent {
  readonly start: number;
  readonly length: number;
}

/** Colours of the map that the page's style decides: `#rrggbb`. */
export interface MapTheme {
  readonly free: string;
  /** Beyond the end of the space. */
  readonly outside: string;
  readonly isDark: boolean;
}

/** A block at a moment. */
export interface BlockFacts {
  readonly offset: number;
  readonly size: number;
  readonly order: number;
  readonly list: number;
  /** The line that allocated it, and its time in nanoseconds; `undefined` where the recording has no times. */
  readonly line: number;
  readonly time: number | undefined;
  readonly label: string | undefined;
  readonly account: number | undefined;
  readonly isClear: boolean;
}

/** Content of an address: a block, or free memory. */
export interface PlaceFacts {
  /** `undefined`: free. */
  readonly block: BlockFacts | undefined;
  /** The free run, where there is no block. */
  readonly free: Extent | undefined;
  /** The line that will free the block; `undefined` where the recording does not. */
  readonly freedAt: number | undefined;
  /** Blocks of its list, in the order of addresses; at most `MOST_OF_LIST`. */
  readonly ofList: readonly Extent[];
  readonly listBlocks: number;
  readonly listSize: number;
  /** The blocks before and behind. */
  readonly before: BlockFacts | undefined;
  readonly behind: BlockFacts | undefined;
}

export const MOST_OF_LIST = 1000;

export interface FailureFacts {
  readonly line: number;
  readonly time: number | undefined;
  /** Bytes that were asked for, where known. */
  readonly size: number | undefined;
  readonly label: string | undefined;
  /** `ENOSPC`, or a number. */
  readonly code: string;
  /** The operation that failed, as the trace names it. */
  readonly operation: string;
}

/** Facts that change while the stream is read. */
export interface SourceFacts {
  readonly allocators: readonly number[];
  readonly allocator: number;
  /** Steps that were read: operations that had an effect, or failed. */
  readonly steps: number;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly hasTimes: boolean;
  readonly hasLabels: boolean;
  readonly hasAccounts: boolean;
  readonly failures: number;
  /** The most bytes in use at a time, and the first line and time at which they are. */
  readonly maxUsed: number;
  readonly peakLine: number;
  readonly peakTime: number;
  readonly state: 'reading' | 'complete' | 'live' | 'broken';
  readonly error: string | undefined;
  /** 0 to 1; `undefined`: nobody knows. */
  readonly progress: number | undefined;
}

/** The space at a moment. */
export interface MomentFacts {
  readonly line: number;
  readonly time: number;
  /** Bytes of the space; 0 where there is none. */
  readonly size: number;
  readonly chunkSize: number;
  /** Address of the first byte, in decimal digits. */
  readonly baseOffset: string;
  readonly used: number;
  /** Free bytes that are clear. */
  readonly clear: number;
  readonly blocks: number;
  /** The allocation that failed at this moment, if one did. */
  readonly failure: FailureFacts | undefined;
}

export interface Drawing extends MomentFacts {
  /** Colours of the cells, row by row, as a canvas wants them. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  readonly columns: number;
  readonly rows: number;
  /** The part of the space that is drawn: what was asked for, made to fit. */
  readonly extent: Extent;
}

/** A curve over the clock, as few points as it needs. */
export interface Curve {
  readonly at: number[];
  readonly used: number[];
  /** Moments of failures, the first of each pixel. */
  readonly failures: number[];
}

/** A kind of blocks, and its colour: `#rrggbb`. */
export interface LegendEntry {
  readonly text: string;
  readonly colour: string;
  /** In use at the moment. */
  readonly bytes: number;
}

export interface ClockValue {
  readonly unit: ClockUnit;
  readonly value: number;
}

/** Questions of the page, and their answers. */
export interface Asked {
  draw: {
    readonly ask: {
      readonly clock: ClockValue;
      /** `undefined`: the whole space. */
      readonly extent: Extent | undefined;
      readonly columns: number;
      /** Rows of cells at the most: a small part of the space has fewer. */
      readonly mostRows: number;
      readonly colouring: Colouring;
      readonly theme: MapTheme;
    };
    readonly answer: Drawing;
  };
  /** Finds what lies between an address and `reach` bytes further: the block at the address, else one that begins behind it. */
  place: {
    readonly ask: { readonly clock: ClockValue; readonly address: number; readonly reach: number };
    readonly answer: PlaceFacts;
  };
  blocks: {
    readonly ask: { readonly clock: ClockValue; readonly from: number; readonly count: number };
    readonly answer: {
      readonly total: number;
      readonly from: number;
      readonly blocks: readonly BlockFacts[];
    };
  };
  /** The index of the block at or before an address, in the order of addresses. */
  find: { readonly ask: { readonly clock: ClockValue; readonly address: number }; readonly answer: number };
  /** The next failure after a moment, or the last one before it. */
  failure: {
    readonly ask: { readonly clock: ClockValue; readonly isBack: boolean };
    readonly answer: FailureFacts | undefined;
  };
  /** The next moment at which anything happens, or the last one before. */
  step: {
    readonly ask: { readonly clock: ClockValue; readonly isBack: boolean };
    readonly answer: number | undefined;
  };
  /** The labels, or accounts, that have most in use, the most first; `others` have the rest. */
  legend: {
    readonly ask: { readonly clock: ClockValue; readonly by: 'label' | 'account' };
    readonly answer: { readonly entries: readonly LegendEntry[]; readonly others: number };
  };
  curve: { readonly ask: { readonly unit: ClockUnit; readonly points: number }; readonly answer: Curve };
  allocator: { readonly ask: { readonly on: number }; readonly answer: SourceFacts };
}

export type AskedName = keyof Asked;

/** From the page to the worker. The first message opens the stream. */
export type ToWorker =
  | { readonly kind: 'open'; readonly url: string; readonly isLive: boolean }
  | {
      [Name in AskedName]: { readonly kind: Name; readonly id: number; readonly ask: Asked[Name]['ask'] };
    }[AskedName];

/** From the worker to the page. */
export type FromWorker =
  | { readonly kind: 'facts'; readonly facts: SourceFacts }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Asked[AskedName]['answer'] }
  | { readonly kind: 'refused'; readonly id: number; readonly message: string };
