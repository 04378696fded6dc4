/** Wrong libraries, each made of the right one: the harness must find them. Only this file gets steps. */

/** @typedef {import('./world.mjs').Package} Package */

/** Another object for the same blocks. @param {import('gpu-buddy').AllocatedBlocks<any>} list */
function twinOf(list) {
  const { buddy, size, length } = list;
  return {
    freed: false,
    buddy,
    size,
    length,
    toArrays: () => list.toArrays(),
    at: () => list.at(0),
    free() {},
  };
}

/** @type {Record<string, (library: Package) => Package>} */
const toys = {
  right: (library) => library,

  /** Keeps what it allocates in a place of its own until it returns it. */
  leaking: (library) => {
    const kept = [];
    class GpuBuddy extends library.GpuBuddy {
      allocBlocks(size, options) {
        kept.push(super.allocBlocks(size, options));
        const list = kept.at(-1);
        kept.pop();
        return list;
      }
    }
    return { ...library, GpuBuddy };
  },

  /** Allows nobody in while it works, and does not tell when it fails. */
  locked: (library) => {
    let isBusy = false;
    class GpuBuddy extends library.GpuBuddy {
      allocBlocks(size, options) {
        if (isBusy) throw Object.assign(new Error('busy'), { code: 'EBUSY' });
        isBusy = true;
        const list = super.allocBlocks(size, options);
        isBusy = false;
        return list;
      }
    }
    return { ...library, GpuBuddy };
  },

  /** Remembers the allocator of the last call. */
  confused: (library) => {
    let current;
    class GpuBuddy extends library.GpuBuddy {
      allocBlocks(size, options) {
        current ??= this;
        const list = super.allocBlocks.call(current, size, options);
        current = undefined;
        return list;
      }
    }
    return { ...library, GpuBuddy };
  },

  /** Calls a list freed before it is. */
  hasty: (library) => {
    const { AllocatedBlocks } = library;
    const { free } = AllocatedBlocks.prototype;
    const done = new WeakSet();
    AllocatedBlocks.prototype.free = function (options) {
      if (done.has(this)) return;
      done.add(this);
      free.call(this, options);
    };
    return library;
  },

  /** Gives blocks to the next one before it has taken them from the last. */
  generous: (library) => {
    const { AllocatedBlocks } = library;
    const { free } = AllocatedBlocks.prototype;
    const given = [];
    AllocatedBlocks.prototype.free = function (options) {
      if (!this.freed) given.push(twinOf(this));
      free.call(this, options);
      given.pop();
    };
    class GpuBuddy extends library.GpuBuddy {
      allocBlocks(size, options) {
        return given.pop() ?? super.allocBlocks(size, options);
      }
    }
    return { ...library, GpuBuddy };
  },

  /** Loses the allocator that it has just opened. */
  forgetful: (library) => {
    const opened = [];
    class GpuBuddy extends library.GpuBuddy {
      static from(token, options) {
        opened.push(library.GpuBuddy.from(token, options));
        const buddy = opened.at(-1);
        opened.pop();
        return buddy;
      }
    }
    return { ...library, GpuBuddy };
  },
};

module.exports = { toys };
