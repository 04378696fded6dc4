/** Makes an importer's format of one that has a record a line. */
import { LineReader } from '../line-reader';
import type { TraceOperation } from '../operation';
import { TraceError } from '../trace-error';
import type { ImportFormat } from './import-report';
import type { Recording } from './recording';
import type { FormatOptions, RecordingFormat } from './recording-format';
import type { Tracker } from './tracker';

/** A format of text, one record a line. */
export interface LineFormat {
  readonly name: ImportFormat;
  /** Unit in bytes to which the recorded allocator rounds sizes up. */
  readonly unit: number;
  /** Tells whether a line belongs to this format, such as its header. */
  matches(line: string): boolean;
  /** Gives the device of a file by its name, if the name tells. */
  deviceOf?(name: string): number | undefined;
  /** Gives a function that reads one line after another, without carriage returns; none of them is empty. */
  reader(tracker: Tracker, options: FormatOptions): (line: string) => void;
}

export function lineFormat(format: LineFormat): RecordingFormat {
  return {
    name: format.name,
    recordName: 'line',
    matches: ({ lines }) => lines.some((line) => format.matches(line)),
    open: (recording, options) => ({
      unit: format.unit,
      play: (tracker) => play(format, recording, options, tracker),
    }),
  };
}

async function* play(
  format: LineFormat,
  recording: Recording,
  options: FormatOptions,
  tracker: Tracker,
): AsyncGenerator<readonly TraceOperation[]> {
  const { device, onProgress } = options;
  tracker.device = format.deviceOf?.(recording.name) ?? device;
  if (device !== undefined && tracker.device !== device)
    throw new TraceError({ file: recording.name }, `holds device ${tracker.device}, not ${device}`);
  using source = await recording.read();
  using lines = new LineReader(source, recording.name, {
    onProgress: () => {
      onProgress?.(source.done, source.whole);
    },
  });
  const read = format.reader(tracker, options);
  while (await lines.fill()) {
    while (lines.isReady) readLine(lines.next(), tracker, read);
    yield tracker.take();
  }
}

function readLine(line: string, tracker: Tracker, read: (line: string) => void): void {
  tracker.next();
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (text === '') tracker.note('blank');
  else read(text);
}
