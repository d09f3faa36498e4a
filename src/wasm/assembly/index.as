import { columnsItem, complexRowsItem, imageItem, rowsItem } from './fft';
import { packItem, scoreItem } from './score';
import { insertItem, sliceItem } from './slices';

/**
 * Take work items until none is left. The command block (i32): 1 operation, 2 items, 3 next item, 5 stop flag,
 * 7 scratch, 8 scratch bytes a thread; arguments from 16 on.
 */
export function work(block: usize, thread: i32): void {
  const operation = load<i32>(block, 4);
  const items = load<i32>(block, 8);
  const scratch = <usize>load<u32>(block, 28) + <usize>thread * <usize>load<u32>(block, 32);
  const a = block + 64;
  for (;;) {
    const item = atomic.add<i32>(block, 1, 12);
    if (item >= items || atomic.load<i32>(block, 20) != 0) return;
    switch (operation) {
      case 1: rowsItem(a, item, scratch); break;
      case 2: columnsItem(a, item, scratch); break;
      case 3: imageItem(a, item, scratch); break;
      case 4: complexRowsItem(a, item, scratch); break;
      case 5: packItem(a, item); break;
      case 6: scoreItem(a, item, scratch); break;
      case 7: sliceItem(a, item); break;
      case 8: insertItem(a, item); break;
      default: unreachable();
    }
  }
}
