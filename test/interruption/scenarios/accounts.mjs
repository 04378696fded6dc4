/** Scenarios: every public method of Account, and the allocations that it pays for. */
import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import { KIB, MIB } from '../world.mjs';
import { NO_SPACE } from './helpers.mjs';

/** @typedef {import('./helpers.mjs').World} World */
/** @typedef {import('./helpers.mjs').Scenario} Scenario */

/** No reservation: what an interrupted call has opened stays open until it is collected, and the next steps need the memory. */
const QUOTA = { limit: MIB, reserved: 0 };

/** @param {World} world */
function openAccount({ small, my }) {
  my.account = small.account({ name: 'mine', ...QUOTA });
}

/** @param {World} world */
function endAccount({ my }) {
  for (const account of [my.account, my.other]) account?.dispose();
}

/** @type {Scenario[]} */
const uses = [
  { name: 'update', act: ({ my }) => void my.account.update({ limit: 512 * KIB, reserved: 32 * KIB }) },
  { name: 'share', act: ({ my }) => void assert.equal(my.account.share().type, 'Account') },
  {
    name: 'getters',
    act: ({ my }) => {
      const { name, used, limit, reserved, disposed } = my.account;
      assert.deepEqual(
        { name, used, limit, reserved, disposed },
        { name: 'mine', used: 0, ...QUOTA, disposed: false },
      );
    },
  },
  { name: 'toJSON', act: ({ my }) => void assert.equal(my.account.toJSON().name, 'mine') },
  { name: 'inspect', act: ({ my }) => void assert.match(inspect(my.account), /mine/) },
  { name: 'dispose', act: ({ my }) => void my.account.dispose() },
  {
    name: '[Symbol.dispose]',
    act: ({ my }) => void my.account[Symbol.dispose](),
  },
].map(({ name, act }) => ({ name: `Account.${name}`, arrange: openAccount, act, cleanup: endAccount }));

/** @type {Scenario[]} */
export const accountScenarios = [
  { name: 'GpuBuddy.account', act: openAccount, cleanup: endAccount },
  {
    name: 'GpuBuddy.openAccount',
    arrange: (w) => {
      openAccount(w);
      w.my.token = w.my.account.share();
    },
    act: ({ small, my }) => void (my.other = small.openAccount(my.token)),
    verify: ({ my }) => void assert.equal(my.other.reserved, QUOTA.reserved),
    cleanup: endAccount,
  },
  {
    name: 'GpuBuddy.allocBlocks for an account',
    arrange: openAccount,
    act: (w) => void w.hold(w.small.allocBlocks(16 * KIB, { account: w.my.account }), w.small),
    refused: [NO_SPACE],
    cleanup: endAccount,
  },
  ...uses,
];
