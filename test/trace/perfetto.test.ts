// Perfetto's protobuf, read by another library than wrote it, with a schema of the fields that are written.
import { describe, expect, test } from '@jest/globals';
import { PerfettoWriter, replayTrace, TraceReplayer, type PerfettoOptions } from 'gpu-buddy/trace';
import protobuf from 'protobufjs';
import { linesOf } from './lines';

/** Names and numbers are those of Perfetto's own schema; messages are read, and unknown fields refused, by `decode()`. */
const SCHEMA = `
  syntax = "proto2";
  message Trace { repeated TracePacket packet = 1; }
  message TracePacket {
    optional uint64 timestamp = 8;
    optional uint32 trusted_packet_sequence_id = 10;
    optional TrackEvent track_event = 11;
    optional TrackDescriptor track_descriptor = 60;
  }
  message TrackDescriptor {
    optional uint64 uuid = 1;
    optional string name = 2;
    optional uint64 parent_uuid = 5;
    optional CounterDescriptor counter = 8;
  }
  message CounterDescriptor {
    enum Unit { UNIT_UNSPECIFIED = 0; UNIT_TIME_NS = 1; UNIT_COUNT = 2; UNIT_SIZE_BYTES = 3; }
    optional Unit unit = 3;
  }
  message TrackEvent {
    enum Type { TYPE_UNSPECIFIED = 0; TYPE_SLICE_BEGIN = 1; TYPE_SLICE_END = 2; TYPE_INSTANT = 3; TYPE_COUNTER = 4; }
    repeated DebugAnnotation debug_annotations = 4;
    optional Type type = 9;
    optional uint64 track_uuid = 11;
    optional string name = 23;
    optional int64 counter_value = 30;
  }
  message DebugAnnotation {
    optional uint64 uint_value = 3;
    optional string string_value = 6;
    optional string name = 10;
  }`;

const Trace = protobuf.parse(SCHEMA).root.lookupType('Trace');

interface Packet {
  readonly timestamp?: number;
  readonly trustedPacketSequenceId: number;
  readonly trackDescriptor?: {
    readonly uuid: number;
    readonly name: string;
    readonly parentUuid?: number;
    readonly counter?: { readonly unit: string };
  };
  readonly trackEvent?: {
    readonly type: string;
    readonly trackUuid: number;
    readonly name?: string;
    readonly counterValue?: number;
    readonly debugAnnotations?: readonly {
      readonly name: string;
      readonly uintValue?: number;
      readonly stringValue?: string;
    }[];
  };
}

async function writtenFor(lines: readonly string[], options?: PerfettoOptions) {
  const chunks: Uint8Array[] = [];
  const writer = await PerfettoWriter.open((bytes) => void chunks.push(bytes), options);
  using replayer = new TraceReplayer();
  await replayTrace(linesOf(lines.join('\n')), replayer, [writer]);
  await writer.finish();
  const bytes = Buffer.concat(chunks);
  const message = Trace.decode(bytes);
  // The same bytes come out again: nothing was written that the schema does not know.
  expect(Buffer.from(Trace.encode(message).finish())).toEqual(bytes);
  const { packet } = Trace.toObject(message, { enums: String, longs: Number }) as {
    readonly packet: readonly Packet[];
  };
  return { packets: packet, writer };
}

/** One line for each packet: a track, or an event with its time, its track and what it says. */
function textOf(packets: readonly Packet[]): string[] {
  const names = new Map(
    packets.flatMap(({ trackDescriptor }) =>
      trackDescriptor ? [[trackDescriptor.uuid, trackDescriptor.name]] : [],
    ),
  );
  return packets.map(({ timestamp, trackDescriptor, trackEvent }) => {
    if (trackDescriptor) {
      const { name, parentUuid, counter } = trackDescriptor;
      return [names.get(parentUuid ?? 0), name, counter?.unit].filter(Boolean).join(' / ');
    }
    if (!trackEvent) return 'nothing';
    const { type, trackUuid, name, counterValue, debugAnnotations = [] } = trackEvent;
    const notes = debugAnnotations.map(
      ({ name: key, uintValue, stringValue }) => `${key}=${String(uintValue ?? stringValue)}`,
    );
    return [timestamp, names.get(trackUuid), type, name, counterValue, ...notes]
      .filter((part) => part !== undefined)
      .join(' ');
  });
}

const LINES = [
  'gpu-buddy-trace 2',
  'buddy.new 0x10000 0x1000 name="frames" time=0',
  'buddy.alloc 0 0x3000 label="mesh" time=1500',
  'buddy.alloc 1 0x20000 time=1600',
  'buddy.alloc 2 0x1000 time=1700',
  'blocks.free 0 cleared time=1650',
  'buddy.alloc 3 0x1000 time=2000',
];

test('counters, a lane for each allocation at a time, and failures', async () => {
  const { packets, writer } = await writtenFor(LINES);
  expect(packets.every(({ trustedPacketSequenceId }) => trustedPacketSequenceId === 1)).toBe(true);
  expect(textOf(packets).filter((line) => !line.includes('TYPE_COUNTER'))).toEqual([
    'frames',
    'frames / used / UNIT_SIZE_BYTES',
    'frames / free and clear / UNIT_SIZE_BYTES',
    'frames / lists / UNIT_COUNT',
    'frames / lane 1',
    '1500 lane 1 TYPE_SLICE_BEGIN mesh line=3 size=12288 answer=0 0xe000:1:0 0xd000:0:0',
    '1600 frames TYPE_INSTANT failed: allocation line=4 size=131072 answer=-22',
    'frames / lane 2',
    '1700 lane 2 TYPE_SLICE_BEGIN list 2 line=5 size=4096 answer=0 0xc000:0:0',
    // Times never go back.
    '1700 lane 1 TYPE_SLICE_END',
    '2000 lane 1 TYPE_SLICE_BEGIN list 3 line=7 size=4096 answer=0 0xb000:0:0',
  ]);
  const counted = (track: string) =>
    textOf(packets).flatMap(
      (line) => new RegExp(`^(\\d+) ${track} TYPE_COUNTER (\\d+)$`).exec(line)?.slice(1).join(':') ?? [],
    );
  expect(counted('used')).toEqual([
    '0:0',
    '1500:12288',
    '1600:12288',
    '1700:16384',
    '1700:4096',
    '2000:8192',
  ]);
  expect(counted('free and clear')).toEqual([
    '0:0',
    '1500:0',
    '1600:0',
    '1700:0',
    '1700:12288',
    '2000:12288',
  ]);
  expect(counted('lists')).toEqual(['0:0', '1500:1', '1600:1', '1700:2', '1700:1', '2000:2']);
  expect(writer.notDrawn).toBe(0);
});

test('without times, operations are a microsecond apart', async () => {
  const { packets } = await writtenFor([
    'init 0x10000 0x1000',
    '# a comment',
    'alloc 7 0 0 0x1000 0x1000 0',
    'free 7 0x0',
    'fini',
  ]);
  expect(textOf(packets).filter((line) => line.includes('SLICE'))).toEqual([
    '2000 lane 1 TYPE_SLICE_BEGIN list 7 line=3 size=4096 answer=0 0xf000:0:0',
    '3000 lane 1 TYPE_SLICE_END',
  ]);
});

test('lanes are limited', async () => {
  const allocs = [0, 1, 2, 3].map((id) => `buddy.alloc ${String(id)} 0x1000`);
  const { packets, writer } = await writtenFor(
    ['buddy.new 0x10000 0x1000', ...allocs, 'blocks.free 3', 'blocks.free 0'],
    {
      maxLanes: 2,
    },
  );
  expect(writer.notDrawn).toBe(2);
  expect(textOf(packets).filter((line) => line.includes('SLICE'))).toHaveLength(3);
});

describe('lists that are joined', () => {
  test('the one that is appended ends', async () => {
    const { packets } = await writtenFor([
      'buddy.new 0x10000 0x1000',
      'buddy.alloc 0 0x1000',
      'buddy.alloc 1 0x1000',
      'blocks.append 0 1',
      'blocks.free 0',
    ]);
    expect(textOf(packets).filter((line) => line.includes('SLICE_END'))).toEqual([
      '4000 lane 2 TYPE_SLICE_END',
      '5000 lane 1 TYPE_SLICE_END',
    ]);
  });
});

test('several allocators have tracks of their own; large numbers are exact', async () => {
  const { packets } = await writtenFor([
    'buddy.new 0x8000000000000 0x1000 time=9007199254740990',
    'buddy.new 0x10000 0x1000 on=1',
    'buddy.alloc 0 0x4000000000000 on=0',
    'buddy.alloc 0 0x1000 on=1',
  ]);
  const lines = textOf(packets);
  expect(lines).toContain('allocator 0 / used / UNIT_SIZE_BYTES');
  expect(lines).toContain('allocator 1 / lane 1');
  expect(packets[4]?.timestamp).toBe(9007199254740990);
  expect(lines).toContainEqual(expect.stringContaining('used TYPE_COUNTER 1125899906842624'));
});

test.each([
  [{ maxLanes: -1 }, 'The value of "options.maxLanes" is out of range.'],
  [{ lanes: 3 }, 'The "options" argument has an unknown option \'lanes\''],
])('%j is refused', async (options, message) => {
  await expect(PerfettoWriter.open(() => undefined, options as PerfettoOptions)).rejects.toThrow(message);
});
