/** Frames between the server and the page: whole again, however the bytes are cut. */
import { describe, expect, test } from '@jest/globals';
import { frame, FrameReader, FrameType, jsonFrame, jsonOf } from '../../lib/page/frames';

const LARGE = Uint8Array.from({ length: 70_000 }, (_, index) => index);

const frames = [
  frame(FrameType.RESET),
  frame(FrameType.EFFECTS, LARGE),
  jsonFrame(FrameType.PROGRESS, { done: 1, whole: null }),
  frame(FrameType.EFFECTS, Uint8Array.of(7)),
  frame(FrameType.COMPLETE),
];
const bytes = Buffer.concat(frames);

function readInPieces(size: number): { type: number; length: number }[] {
  const reader = new FrameReader();
  const found = [];
  for (let at = 0; at < bytes.length; at += size)
    for (const { type, payload } of reader.read(bytes.subarray(at, at + size)))
      found.push({ type, length: payload.length });
  expect(reader.isInside).toBe(false);
  return found;
}

describe('frames of the page', () => {
  test.each([1, 2, 4, 5, 6, 1000, 65_536, bytes.length])('are read from pieces of %i bytes', (size) => {
    expect(readInPieces(size)).toEqual([
      { type: FrameType.RESET, length: 0 },
      { type: FrameType.EFFECTS, length: LARGE.length },
      { type: FrameType.PROGRESS, length: expect.any(Number) },
      { type: FrameType.EFFECTS, length: 1 },
      { type: FrameType.COMPLETE, length: 0 },
    ]);
  });

  test('keep their payloads', () => {
    const [effects] = new FrameReader().read(frame(FrameType.EFFECTS, LARGE));
    expect(effects && Buffer.compare(effects.payload, LARGE)).toBe(0);
    const failure = { code: 'ENOENT', message: 'no such file: <b>ü' };
    const [failed] = new FrameReader().read(jsonFrame(FrameType.FAILED, failure));
    expect(failed && jsonOf(failed)).toEqual(failure);
  });

  test('tell where the last one is cut short', () => {
    const reader = new FrameReader();
    expect([...reader.read(bytes.subarray(0, -1))]).toHaveLength(frames.length - 1);
    expect(reader.isInside).toBe(true);
  });
});
