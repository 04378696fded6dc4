/** One run of a program: every call is made on the allocator and in the model, and everything that can be seen is compared. */
import type { GpuBuddyOptions } from 'gpu-buddy';
import { Books } from './books';
import { toSpace } from './choices';
import { disagree, outcomeOf } from './disagreement';
import { Memory } from './memory';
import { NumberMode } from './number-mode';
import type { Program } from './program';
import { Questions } from './questions';
import { Reader } from './reader';
import type { Scene } from './scene';
import { isRefusedSpace, managed, type Space, type SpaceRequest } from './space';
import { Steps } from './steps';
import type { MakeSubject, Subject } from './subject';
import { TraceWriter } from './trace-writer';

/** Runs a program to its end, or to the first disagreement, which it throws. */
export function runProgram(program: Program, make: MakeSubject): void {
  new Run(program, make).run();
}

/** The calls of a program up to the first disagreement, as a trace, and what the disagreement is. */
export function explainProgram(
  program: Program,
  make: MakeSubject,
): { readonly trace: string; readonly disagreement: string | undefined } {
  const run = new Run(program, make);
  try {
    run.run();
  } catch (error) {
    return { trace: run.trace.toString(), disagreement: String(error) };
  }
  return { trace: run.trace.toString(), disagreement: undefined };
}

class Run {
  readonly #program: Program;
  readonly #make: MakeSubject;
  readonly #spaceRequest: SpaceRequest;
  readonly #space: Space;
  readonly #numbers: NumberMode;
  readonly trace: TraceWriter;

  constructor(program: Program, make: MakeSubject) {
    const request = toSpace(program.space);
    this.#program = program;
    this.#make = make;
    this.#spaceRequest = request;
    this.#space = managed(request);
    this.#numbers = new NumberMode(request.bigint, program.takesBigints);
    this.trace = new TraceWriter(this.#space);
  }

  get #options(): GpuBuddyOptions {
    const { size, chunkSize, baseOffset, bigint } = this.#spaceRequest;
    const give = (value: bigint) => this.#numbers.give(value);
    return { size: give(size), chunkSize: give(chunkSize), baseOffset: give(baseOffset), bigint };
  }

  run(): void {
    const made = outcomeOf(() => this.#make(this.#options));
    const expected = isRefusedSpace(this.#spaceRequest) ? 'EINVAL' : undefined;
    if ('code' in made) {
      if (made.code !== expected) disagree(`there is no allocator: ${made.code}`);
      return;
    }

    new Steps(this.#sceneOf(made.value)).run(this.#program, expected);
  }

  #sceneOf(subject: Subject): Scene {
    const [space, numbers, trace] = [this.#space, this.#numbers, this.trace];
    const memory = new Memory(Number(space.size / space.chunkSize));
    const questions = new Questions(subject, memory, space, numbers, trace);
    const reader = new Reader(space, numbers, questions);
    return { subject, memory, books: new Books(memory, space), space, numbers, trace, questions, reader };
  }
}
