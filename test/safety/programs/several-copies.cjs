// One process in which the package is loaded several times: twice from the same files, in contexts of their own, and from
// a copy of the whole package. All are used by turns. Sends what became of each, and which understand each other's tokens.
const { existsSync, readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const file = process.argv[2];
const { copy } = JSON.parse(process.argv[3]);

function loadAnew(file) {
  for (const name of Object.keys(require.cache)) if (!name.endsWith('.node')) delete require.cache[name];
  return require(file);
}

/** Loads a file like require(), but in a context of its own. */
function loadInContext(file) {
  const context = vm.createContext({ process, structuredClone });
  const loaded = new Map();
  function load(file) {
    if (loaded.has(file)) return loaded.get(file);
    const outer = createRequire(file);
    const inner = (name) => {
      if (!name.startsWith('.')) return outer(name);
      const target = path.resolve(path.dirname(file), name);
      return load(existsSync(target) ? target : `${target}.js`);
    };
    const exports = {};
    loaded.set(file, exports);
    vm.compileFunction(readFileSync(file, 'utf8'), ['require', 'exports', '__dirname', '__filename'], {
      parsingContext: context,
      filename: file,
    })(inner, exports, path.dirname(file), file);
    return exports;
  }
  return load(file);
}

const libraries = {
  first: require(file),
  again: loadAnew(file),
  inContext: loadInContext(file),
  inOtherContext: loadInContext(file),
  copy: require(copy),
};

const outcomes = {};
const users = Object.entries(libraries).map(([name, library]) => {
  const buddy = new library.GpuBuddy({ size: 1 << 24 });
  return { name, library, buddy, lists: [] };
});

function dropLists({ buddy }) {
  for (let i = 0; i < 100; i++) buddy.allocBlocks(4096);
}

async function collectUntil(holds) {
  for (let turn = 0; turn < 100 && !holds(); turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    global.gc();
  }
}

async function main() {
  for (let round = 0; round < 100; round++)
    for (const { buddy, lists } of users) {
      lists.push(buddy.allocBlocks(4096 * (1 + (round % 7)), { tag: round }));
      if (round % 3 === 0) lists.shift().free();
    }
  users.forEach(dropLists);

  for (const user of users) {
    const { name, library, buddy, lists } = user;
    const sizes = lists.map(({ size, tag }) => size === 4096 * (1 + (tag % 7)));
    lists.push(library.AllocatedBlocks.adopt(structuredClone(lists.pop().transfer())));
    let error;
    try {
      buddy.allocBlocks(5);
    } catch (thrown) {
      error = thrown;
    }
    const understands = users
      .filter((other) => {
        try {
          const opened = library.GpuBuddy.from(structuredClone(other.buddy.share()));
          const isSame = opened.avail === other.buddy.avail;
          opened.dispose();
          return isSame;
        } catch (thrown) {
          if (thrown.code !== 'ERR_GPU_BUDDY_TOKEN') throw thrown;
          return false;
        }
      })
      .map((other) => other.name);
    for (const list of lists.splice(0)) list.free();
    await collectUntil(() => buddy.avail === buddy.size);
    outcomes[name] = {
      sizesAreRight: sizes.every(Boolean),
      isWhole: buddy.avail === buddy.size,
      ownError: error instanceof library.GpuBuddyError && error.code,
      foreignObject: users.some((other) => other.name !== name && other.buddy instanceof library.GpuBuddy),
      understands,
    };
  }
  for (const { buddy } of users) buddy.dispose();
  process.send(outcomes);
  process.disconnect();
}

void main();
