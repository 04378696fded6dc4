/** Reads the frames of a source: once for a recording, again and again for a running allocator. */
import {
  FrameReader,
  FrameType,
  jsonOf,
  type Failure,
  type Frame,
  type Progress,
} from '../../../../lib/page/frames';

/** Receives what the stream tells. */
export interface StreamListener {
  effects(frame: Uint8Array): void;
  reset(): void;
  complete(): void;
  progress(progress: Progress): void;
  /** The stream has ended, and does not go on. */
  failed(message: string): void;
  /** The stream of a running allocator has broken; it is tried again. */
  broken(message: string): void;
  /** Whether so much of a running allocator was read that it is better begun anew. */
  isFull(): boolean;
}

type Ending = 'open' | 'complete' | 'failed';

/** Milliseconds until a broken stream of a running allocator is tried again. */
const RETRY_AFTER = 1000;

/** Milliseconds without any frame after which a stream of a running allocator counts as broken. */
const SILENCE = 10_000;

/** Reads a recording to its end. */
export async function readRecording(url: string, listener: StreamListener): Promise<void> {
  try {
    const ending = await readFrames(url, listener, new AbortController());
    if (ending === 'open')
      listener.failed('The stream ended too early: the command that serves it may have ended.');
  } catch (error) {
    listener.failed(messageOf(error));
  }
}

/** Follows a running allocator: never ends, but where the server says so. */
export async function follow(url: string, listener: StreamListener): Promise<void> {
  for (;;) {
    const connection = new AbortController();
    try {
      if ((await readFrames(url, listener, connection, SILENCE)) === 'failed') return;
      if (connection.signal.aborted) continue;
      listener.broken('The connection has ended.');
    } catch (error) {
      listener.broken(messageOf(error));
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER));
  }
}

/** Reads until the stream ends, or is full. */
async function readFrames(
  url: string,
  listener: StreamListener,
  connection: AbortController,
  silence = Infinity,
): Promise<Ending> {
  const { body, ok, status } = await fetch(url, { signal: connection.signal, cache: 'no-store' });
  if (!ok || !body) throw new Error(`The server answered with status ${status}.`);
  const frames = new FrameReader();
  const chunks = body.getReader();
  let ending: Ending = 'open';
  for (;;) {
    const { value, done } = await within(silence, connection, chunks.read());
    if (done) return frames.isInside ? 'open' : ending;
    for (const frame of frames.read(value)) ending = tell(frame, listener) ?? ending;
    if (ending === 'failed') return ending;
    if (!listener.isFull()) continue;
    connection.abort();
    return ending;
  }
}

/** Breaks the connection where an answer takes longer than so many milliseconds. */
async function within<T>(limit: number, connection: AbortController, answer: Promise<T>): Promise<T> {
  if (limit === Infinity) return answer;
  const timer = setTimeout(() => connection.abort(new Error('The server is silent.')), limit);
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
  }
}

/** Gives how the stream ends, where the frame is one of those behind which it may end. */
function tell(frame: Frame, listener: StreamListener): Ending | undefined {
  switch (frame.type) {
    case FrameType.EFFECTS:
      listener.effects(frame.payload);
      return undefined;
    case FrameType.RESET:
      listener.reset();
      return undefined;
    case FrameType.COMPLETE:
      listener.complete();
      return 'complete';
    case FrameType.PROGRESS:
      listener.progress(jsonOf(frame) as Progress);
      return undefined;
    case FrameType.FAILED:
      listener.failed((jsonOf(frame) as Failure).message);
      return 'failed';
    default:
      return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
