// Writes pickles as Python's pickler does, protocols 2 to 5, of plain data and of lists that are too long to be held.

/** A list that is written as a tuple. */
export class Tuple {
  /** @param {readonly unknown[]} items */
  constructor(items) {
    this.items = items;
  }
}

/** Items of a list that are written again and again, by protocol 4 or 5, as if they were new ones each time. */
export class Repeated {
  /** @param {() => Iterable<unknown>} items makes them: the same ones each time @param {number} times */
  constructor(items, times) {
    this.items = items;
    this.times = times;
  }
}

/** Bytes that are written as they are, in place of a value. */
export class Raw {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
  }
}

/** Python appends so many at a time. */
const BATCH = 1000;

export class PickleWriter {
  #write;
  #isOld;
  #memoized = 0;
  /** Places of strings and objects in the memo. @type {Map<string, number>} */
  #strings = new Map();
  /** @type {WeakMap<object, number>} */
  #objects = new WeakMap();

  /** @param {(bytes: Uint8Array) => void} write @param {2 | 3 | 4 | 5} protocol */
  constructor(write, protocol) {
    this.#write = write;
    this.#isOld = protocol < 4;
    write(Uint8Array.of(0x80, protocol));
    // A frame of length 0: it only tells how much can be read ahead.
    if (!this.#isOld) write(Uint8Array.of(0x95, 0, 0, 0, 0, 0, 0, 0, 0));
  }

  /** @param {unknown} value arrays and generators are lists, plain objects dicts; what was written before is taken from the memo */
  value(value) {
    if (value === null || value === undefined) this.#op('N');
    else if (typeof value === 'boolean') this.#write(Uint8Array.of(value ? 0x88 : 0x89));
    else if (typeof value === 'string') this.#string(value);
    else if (typeof value === 'number' || typeof value === 'bigint') this.#number(value);
    else if (value instanceof Raw) this.#write(value.bytes);
    else this.#object(/** @type {object} */ (value));
  }

  stop() {
    this.#op('.');
  }

  /** @param {object} value */
  #object(value) {
    const place = this.#objects.get(value);
    if (place !== undefined) {
      this.#get(place);
    } else if (value instanceof Tuple) {
      this.#tuple(value);
    } else if (value instanceof Repeated) {
      this.#op(']');
      this.#memoize(value);
      this.#repeat(value);
    } else if (Symbol.iterator in value) {
      this.#op(']');
      this.#memoize(value);
      this.#batches(/** @type {Iterable<unknown>} */ (value), 'a', 'e', (item) => this.value(item));
    } else {
      this.#op('}');
      this.#memoize(value);
      this.#batches(Object.entries(value), 's', 'u', ([key, item]) => {
        this.value(key);
        this.value(item);
      });
    }
  }

  /** @param {Tuple} tuple */
  #tuple(tuple) {
    const { items } = tuple;
    if (items.length > 3) this.#op('(');
    for (const item of items) this.value(item);
    if (items.length === 0) this.#op(')');
    else this.#write(Uint8Array.of([0x85, 0x86, 0x87][items.length - 1] ?? 0x74));
    if (items.length > 0) this.#memoize(tuple);
  }

  /** @template T @param {Iterable<T>} items @param {string} one @param {string} many @param {(item: T) => void} write */
  #batches(items, one, many, write) {
    /** @type {T[]} */
    let batch = [];
    const flush = () => {
      if (batch.length > 1) this.#op('(');
      for (const item of batch) write(item);
      if (batch.length > 0) this.#op(batch.length > 1 ? many : one);
      batch = [];
    };
    for (const item of items) if (batch.push(item) === BATCH) flush();
    flush();
  }

  /** @param {Repeated} repeated */
  #repeat({ items, times }) {
    const append = () => this.#batches(items(), 'a', 'e', (item) => this.value(item));
    // The first time puts text and frames into the memo; from the second one on, the bytes are the same.
    append();
    const write = this.#write;
    /** @type {Uint8Array[]} */
    const parts = [];
    this.#write = (bytes) => parts.push(Uint8Array.from(bytes));
    append();
    this.#write = write;
    const bytes = Buffer.concat(parts);
    for (let time = 1; time < times; time++) write(bytes);
  }

  /** @param {string} text */
  #string(text) {
    const place = this.#strings.get(text);
    if (place !== undefined) {
      this.#get(place);
      return;
    }
    const bytes = Buffer.from(text);
    if (!this.#isOld && bytes.length < 256)
      this.#write(Buffer.concat([Buffer.of(0x8c, bytes.length), bytes]));
    else this.#write(Buffer.concat([Buffer.from('X'), u32(bytes.length), bytes]));
    this.#strings.set(text, this.#memoized);
    this.#put();
  }

  /** @param {number | bigint} value */
  #number(value) {
    if (typeof value === 'number' && !Number.isInteger(value)) {
      const bytes = Buffer.alloc(9, 'G');
      bytes.writeDoubleBE(value, 1);
      this.#write(bytes);
    } else if (value >= 0 && value < 256) this.#write(Buffer.of(0x4b, Number(value)));
    else if (value >= 0 && value < 65536)
      this.#write(Buffer.of(0x4d, Number(value) & 0xff, Number(value) >> 8));
    else if (value >= -(2 ** 31) && value < 2 ** 31)
      this.#write(Buffer.concat([Buffer.from('J'), u32(Number(value) >>> 0)]));
    else this.#long(BigInt(value));
  }

  /** Writes a signed number, its lowest byte first, in as few bytes as it takes. @param {bigint} value */
  #long(value) {
    const bytes = [];
    let rest = value;
    do {
      bytes.push(Number(rest & 0xffn));
      rest >>= 8n;
    } while (!(rest === 0n && (bytes.at(-1) ?? 0) < 0x80) && !(rest === -1n && (bytes.at(-1) ?? 0) >= 0x80));
    this.#write(Buffer.of(0x8a, bytes.length, ...bytes));
  }

  /** @param {object} value */
  #memoize(value) {
    this.#objects.set(value, this.#memoized);
    this.#put();
  }

  #put() {
    const place = this.#memoized++;
    if (!this.#isOld) this.#write(Uint8Array.of(0x94));
    else this.#write(place < 256 ? Buffer.of(0x71, place) : Buffer.concat([Buffer.from('r'), u32(place)]));
  }

  /** @param {number} place */
  #get(place) {
    this.#write(place < 256 ? Buffer.of(0x68, place) : Buffer.concat([Buffer.from('j'), u32(place)]));
  }

  /** @param {string} opcode */
  #op(opcode) {
    this.#write(Buffer.from(opcode));
  }
}

/** @param {number} value */
function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** The pickle of a value. @param {unknown} value @param {2 | 3 | 4 | 5} [protocol] */
export function pickled(value, protocol = 4) {
  /** @type {Uint8Array[]} */
  const parts = [];
  const writer = new PickleWriter((bytes) => parts.push(bytes), protocol);
  writer.value(value);
  writer.stop();
  return Buffer.concat(parts);
}
