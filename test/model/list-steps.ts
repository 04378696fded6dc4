/** Steps on the lists that there are, and the claim, which makes one of blocks that the program names. */
import type { BlockPlace } from 'gpu-buddy';
import type { AccountSteps } from './account-steps';
import { pick, toTrim } from './choices';
import { ChunkSet, blocksOf, rangeOf } from './chunk-set';
import { codeOf, disagree, outcomeOf } from './disagreement';
import { toExtension, toPlace, type Place } from './list-choices';
import type { OwnedBlock } from './memory';
import { Policy } from './policy';
import type { Step } from './program';
import { showBlocks } from './reader';
import { ChunkRequest, type Request } from './request';
import type { LiveList, Scene } from './scene';

type ListStep = Extract<Step, { call: 'free' | 'freeBlock' | 'sizeIn' | 'trim' | 'extend' | 'append' }>;

export class ListSteps {
  readonly #scene: Scene;
  readonly #accounts: AccountSteps;
  readonly #lists = new Map<number, LiveList>();

  constructor(scene: Scene, accounts: AccountSteps) {
    this.#scene = scene;
    this.#accounts = accounts;
  }

  add(live: LiveList): void {
    this.#lists.set(live.id, live);
  }

  get all(): LiveList[] {
    return [...this.#lists.values()];
  }

  #blocksOf({ id }: LiveList): readonly OwnedBlock[] {
    return this.#scene.memory.lists.get(id) ?? [];
  }

  /** Does a step to one of the lists, if there is one. Returns whether memory has become free. */
  step(step: ListStep): boolean {
    const live = pick(this.all, step.list);
    if (!live) return false;
    switch (step.call) {
      case 'free':
        return this.free(live, step.cleared);
      case 'freeBlock':
        return this.freeBlock(live, step.index, step.cleared);
      case 'trim':
        return this.trim(live, step);
      case 'extend':
        this.#extend(live, step);
        return false;
      case 'append':
        this.#append(live, pick(this.all, step.other) ?? live);
        return false;
      case 'sizeIn':
        this.#scene.questions.sizeIn(live.list, this.#blocksOf(live), step.span, live.id);
        return false;
    }
  }

  free(live: LiveList, cleared: boolean): boolean {
    const { list, id } = live;
    const { memory, trace } = this.#scene;
    const blocks = this.#blocksOf(live);
    trace.free(id, cleared);
    list.free({ cleared });
    if (!list.freed) disagree('a list is not freed');
    for (const property of ['length', 'isEmpty', 'size', 'offset'] as const)
      if (codeOf(outcomeOf(() => list[property])) !== 'ERR_GPU_BUDDY_FREED')
        disagree(`a freed list has a property ${property}`);
    list.free();
    memory.give(blocks, cleared);
    this.#forget(live);
    return blocks.length > 0;
  }

  #forget({ id }: LiveList): void {
    this.#scene.memory.lists.delete(id);
    this.#lists.delete(id);
  }

  compare(live: LiveList): void {
    this.#scene.reader.compareList(live.list, live.tag, this.#blocksOf(live));
  }

  freeBlock(live: LiveList, index: number, cleared: boolean): boolean {
    const { list, id } = live;
    const { memory, trace } = this.#scene;
    const blocks = this.#blocksOf(live);
    const block = blocks[index];
    const outcome = outcomeOf(() => {
      list.freeBlock(index, { cleared });
    });
    if (!block) {
      trace.comment(`refused: freeBlock(${index}) of list ${id}`);
      if (codeOf(outcome) !== 'EINVAL') disagree(`no EINVAL for freeBlock(${index})`);
      return false;
    }
    trace.freeBlock(id, index, cleared, block.clear);
    if ('code' in outcome) disagree(`${outcome.code} for freeBlock(${index})`);
    memory.give([block], cleared);
    memory.lists.set(
      id,
      blocks.filter((other) => other !== block),
    );
    this.compare(live);
    return true;
  }

  trim(live: LiveList, step: Extract<Step, { call: 'trim' }>): boolean {
    const { list, id } = live;
    const { memory, trace, numbers, reader, space } = this.#scene;
    const blocks = this.#blocksOf(live);
    const [block = { first: 0, count: 1, clear: false, tag: 0 }] = blocks;
    const { newSize, start } = toTrim(step, block, space);
    const outcome = outcomeOf(() => {
      list.trim(numbers.give(newSize), start === undefined ? undefined : { start: numbers.give(start) });
    });

    const { chunkSize, baseOffset } = space;
    const blockStart = baseOffset + reader.bytes(block.first);
    const blockEnd = blockStart + reader.bytes(block.count);
    const from = start ?? blockStart;
    const isRefused =
      blocks.length !== 1 ||
      newSize === 0n ||
      newSize % chunkSize !== 0n ||
      from < blockStart ||
      (from - baseOffset) % chunkSize !== 0n ||
      from + newSize > blockEnd;
    if (isRefused) {
      trace.comment(`refused: trim(${newSize}, ${String(start)}) of list ${id}`);
      if (codeOf(outcome) !== 'EINVAL')
        disagree(`no EINVAL for trim(${newSize}, ${String(start)}) of ${showBlocks(blocks)}`);
      this.compare(live);
      return false;
    }

    trace.trim(id, start, newSize);
    if ('code' in outcome) disagree(`${outcome.code} for trim(${newSize}, ${String(start)})`);
    const first = reader.toChunk(from);
    const kept = { first, end: first + Number(newSize / chunkSize) };
    const pieces = blocksOf(kept).map((piece) => ({ ...block, ...piece }));
    memory.give([block], block.clear);
    memory.take(id, pieces);
    this.compare(live);
    return newSize < blockEnd - blockStart;
  }

  /** Takes the bytes right behind the highest block, if they are free and its account may have them. */
  #extend(live: LiveList, step: Extract<Step, { call: 'extend' }>): void {
    const { memory, books, trace, numbers, space } = this.#scene;
    const blocks = this.#blocksOf(live);
    const size = toExtension(step, blocks, memory, space);
    const asked = `tryExtend(${size}) of list ${live.id}, ${showBlocks(blocks)}`;
    trace.leave(asked);
    const outcome = outcomeOf(() => live.list.tryExtend(numbers.give(size)));
    if (size === 0n || size % space.chunkSize !== 0n || size > space.size) {
      if (codeOf(outcome) !== 'EINVAL') disagree(`no EINVAL for ${asked}`);
      return;
    }
    const more = this.#blocksBehind(blocks, Number(size / space.chunkSize));
    const count = more.reduce((sum, block) => sum + block.count, 0);
    const can = more.length > 0 && books.refusal(blocks[0]?.account, count) === undefined;
    if ('code' in outcome) disagree(`${outcome.code} for ${asked}`);
    else if (outcome.value !== can) disagree(`${String(outcome.value)} for ${asked}`);
    if (can) memory.take(live.id, [...blocks, ...more]);
    this.compare(live);
  }

  /** The blocks that a list of these grows by; none where it cannot. */
  #blocksBehind(blocks: readonly OwnedBlock[], count: number): OwnedBlock[] {
    const { memory, space, reader } = this.#scene;
    const [first] = blocks;
    const end = Math.max(...blocks.map((block) => block.first + block.count));
    if (!first || end + count > memory.chunks) return [];
    const request: Request = {
      size: reader.bytes(count),
      minBlockSize: space.chunkSize,
      mode: { at: space.baseOffset + reader.bytes(end) },
      contiguous: false,
      clear: false,
      trimDisable: false,
      tag: first.tag,
    };
    const [found = []] = new Policy(memory, new ChunkRequest(request, space)).expectation().lists;
    return found.map((block) => ({ ...block, tag: first.tag, account: first.account }));
  }

  #append(live: LiveList, other: LiveList): void {
    const { memory, trace } = this.#scene;
    const [blocks, more] = [this.#blocksOf(live), this.#blocksOf(other)];
    const asked = `append() of list ${other.id} to list ${live.id}`;
    trace.leave(asked);
    const code = codeOf(
      outcomeOf(() => {
        live.list.append(other.list);
      }),
    );
    const isRefused =
      live === other || (blocks.length > 0 && more.length > 0 && blocks[0]?.account !== more[0]?.account);
    if (code !== (isRefused ? 'EINVAL' : undefined)) disagree(`${code ?? 'no error'}: ${asked}`);
    if (!isRefused) {
      if (!other.list.freed) disagree(`list ${other.id} is not freed after it was appended`);
      this.#forget(other);
      memory.take(live.id, [...blocks, ...more.map((block) => ({ ...block, tag: live.tag }))]);
    } else if (live !== other) {
      this.compare(other);
    }
    this.compare(live);
  }

  claim(step: Extract<Step, { call: 'claim' }>): void {
    const { subject, memory, numbers, space, reader, trace } = this.#scene;
    const places = step.places.map((choice) => toPlace(choice, memory));
    const opening = this.#accounts.chosen(step.account);
    const { tag, clear } = step;
    const asked = `claim(${places.map(({ first, order }) => `${first}+2^${order}`).join(' ')}), clear ${String(clear)}`;
    const blocks = places.map(({ first, order }): BlockPlace => ({
      offset: numbers.give(space.baseOffset + reader.bytes(first)),
      order,
    }));
    const outcome = outcomeOf(() => subject.claim(blocks, { tag, clear, account: opening?.object }));
    const id = trace.claim(asked);
    const expected = this.#refusalOfClaim(places, opening?.account);
    const code = codeOf(outcome);
    if (code !== expected) disagree(`${code ?? 'no error'} instead of ${expected ?? 'a list'}: ${asked}`);
    if (!('value' in outcome)) return;
    const live = { list: outcome.value, id, tag };
    this.add(live);
    memory.take(
      id,
      places.map((place) => ({
        first: place.first,
        count: 2 ** place.order,
        clear: clear ?? memory.freeBlockAt(place.first)?.clear ?? false,
        tag,
        account: opening?.account,
      })),
    );
    this.compare(live);
  }

  #refusalOfClaim(places: readonly Place[], account: number | undefined): string | undefined {
    const { memory, books } = this.#scene;
    const taken = new ChunkSet();
    let overlaps = false;
    for (const place of places) {
      const block = { first: place.first, count: 2 ** place.order };
      if (block.first % block.count !== 0 || block.first + block.count > memory.chunks) return 'EINVAL';
      overlaps ||= taken.hasAny(rangeOf(block));
      taken.add(rangeOf(block));
    }
    if (places.length === 0 || overlaps) return 'EINVAL';
    const areFree = places.every(({ first, order }) => {
      const free = memory.freeBlockAt(first);
      return free && first + 2 ** order <= free.first + free.count;
    });
    return areFree && books.refusal(account, taken.size) === undefined ? undefined : 'ENOSPC';
  }
}
