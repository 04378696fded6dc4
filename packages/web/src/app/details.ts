/** Says what is selected: a block, its list and its neighbours, or free memory. */
import type { BlockFacts, PlaceFacts } from '../messages';
import { make, terms } from './elements';
import { addressText, bytesText, countText, timeText } from './text';

/** @param picked is called for a neighbour that was chosen */
export function detailsOf(
  { block, free, freedAt, listBlocks, listSize, before, behind }: PlaceFacts,
  baseOffset: string,
  picked: (address: number) => void,
): HTMLElement {
  const address = (offset: number) => addressText(offset, baseOffset);
  const neighbour = (other: BlockFacts | undefined): Node | string => {
    if (!other) return 'none';
    const button = make('button', { type: 'button' }, `${address(other.offset)}, ${bytesText(other.size)}`);
    button.addEventListener('click', () => {
      picked(other.offset);
    });
    return button;
  };
  const neighbours = [
    ['Block before', neighbour(before)],
    ['Block behind', neighbour(behind)],
  ] as const;
  if (!block)
    return make(
      'dl',
      {},
      ...terms([
        ['Free memory', free ? `${bytesText(free.length)} from ${address(free.start)}` : 'none'],
        ...neighbours,
      ]),
    );
  return make(
    'dl',
    {},
    ...terms([
      ['Block', address(block.offset)],
      ['Size', `${bytesText(block.size)} (order ${block.order})`],
      [
        'List',
        `${countText(block.list)}: ${listBlocks === 1 ? '1 block' : `${countText(listBlocks)} blocks`}, ${bytesText(listSize)}`,
      ],
      ['Label', block.label ?? 'none'],
      ...(block.account === undefined ? [] : ([['Account', String(block.account)]] as const)),
      [
        'Allocated',
        `line ${countText(block.line)}${block.time === undefined ? '' : `, ${timeText(block.time)}`}`,
      ],
      ['Freed', freedAt === undefined ? 'never' : `line ${countText(freedAt)}`],
      ['Clear', block.isClear ? 'yes, when it was allocated' : 'no'],
      ...neighbours,
    ]),
  );
}
