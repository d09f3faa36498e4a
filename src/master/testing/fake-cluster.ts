import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiInput } from '../../schema/api.ts';

const SCRIPTS: Readonly<Record<string, string>> = {
  sbatch: `[ -e "$here/slow" ] && sleep 1
[ -e "$here/full" ] && { echo "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy" >&2; exit 1; }
id=$(($(ls "$here/queue" | wc -l) + 1))
while ! mkdir "$here/lock.$id" 2>/dev/null; do id=$((id + 1)); done
printf '%s' "PD:Resources" > "$here/queue/$id"; printf '%s' "$1" > "$here/script.$id"
echo "Submitted batch job $id"`,
  squeue: `echo "$*" >> "$here/asked"
[ -e "$here/down" ] && { echo "slurm_load_jobs error: Unable to contact slurm controller (connect failure)" >&2; exit 1; }
echo "JOBID PARTITION NAME USER ST TIME NODES NODELIST(REASON)"
for id in $(echo "$2" | tr , ' '); do
  IFS=: read -r state reason < "$here/queue/$id" || true
  [ -n "$state" ] && printf '%-5s %-9s %-4s %-4s %-2s %-4s %-5s %s\\n' "$id" main cs ann "$state" 0:00 1 "($reason)"
done; exit 0`,
  scancel: `echo "$1" >> "$here/cancelled"; : > "$here/queue/$1"`,
  scontrol: 'exit 1',
  sacct: 'exit 1',
  state: `IFS=: read -r state reason < "$here/queue/$1" || true; echo "\${state:-unknown job}"`,
};

/** Commands of a scheduler that does nothing: what it says of a job stands in a file, and a test runs the scripts. */
export class FakeCluster {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = join(dir, 'cluster');
    mkdirSync(join(this.dir, 'queue'), { recursive: true });
    for (const [name, text] of Object.entries(SCRIPTS)) {
      writeFileSync(join(this.dir, name), `#!/bin/sh\nhere=${this.dir}\n${text}\n`, { mode: 0o755 });
    }
  }

  /** What `clusters.connect` is told of it. */
  input(more: Partial<ApiInput<'clusters.connect'>> = {}): ApiInput<'clusters.connect'> {
    const { dir } = this;
    return {
      name: 'hpc',
      // what it asks for itself (scontrol) is found here as well
      send_cmd_tpl: `PATH=${dir}:$PATH; {{ command }}`,
      qsub_cmd_tpl: 'sbatch {{ script_path_abs }}',
      qstat_cmd_tpl: 'squeue -j {{ cluster_job_id }}',
      qdel_cmd_tpl: 'scancel {{ cluster_job_id }}',
      qinfo_cmd_tpl: 'echo 4 nodes',
      script_tpl: '#!/bin/sh\n#SBATCH -A {{ account|default("none") }}\n{{ run_cmd }}\n',
      ...more,
    };
  }

  /** Let the scheduler say something else of a job; nothing: it does not know it. */
  say(id: string | null, state: string): void {
    writeFileSync(join(this.dir, 'queue', id ?? ''), state);
  }

  set(name: 'slow' | 'full' | 'down'): void {
    writeFileSync(join(this.dir, name), '');
  }

  script(id: string | null): string {
    return readFileSync(join(this.dir, `script.${id}`), 'utf8');
  }

  get submitted(): number {
    return readdirSync(join(this.dir, 'queue')).length;
  }

  /** Lines of a file that the commands write: the questions, or the jobs that were cancelled. */
  lines(name: 'asked' | 'cancelled'): string[] {
    try {
      return readFileSync(join(this.dir, name), 'utf8').trim().split('\n');
    } catch {
      return [];
    }
  }
}
