import { parseArgs } from 'node:util';
import { benchFft } from './fft.ts';
import type { Result } from './measure.ts';
import { benchScaling } from './scaling.ts';
import { benchScore } from './score.ts';
import { benchSlices } from './slices.ts';

const BENCHES: Record<string, () => AsyncGenerator<Result>> = {
  fft: benchFft,
  score: benchScore,
  slices: benchSlices,
  scaling: benchScaling,
};

const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true });
const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
const unknown = names.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`Unknown benchmark ${unknown.join(', ')}. There are: ${Object.keys(BENCHES).join(', ')}.`);
  process.exit(2);
}
for (const name of names) {
  for await (const row of BENCHES[name]?.() ?? []) {
    const speedup = row.peer_ms / row.ours_ms;
    if (values.json) {
      console.log(JSON.stringify({ ...row, speedup }));
    } else {
      const verdict = speedup >= row.goal ? 'met' : 'MISSED';
      const [ours, peer] = [row.ours_ms, row.peer_ms].map((ms) => `${ms.toPrecision(4)} ms`.padStart(12));
      const times = `${row.case.padEnd(34)} ours ${ours}  ${row.peer} ${peer}`;
      console.log(`${times}  speedup ${speedup.toFixed(2)}  goal ${row.goal} ${verdict}`);
    }
  }
}
