import { CsError } from '../../base/errors.ts';
import type { Job } from '../../schema/model.ts';
import type { Instance } from '../instance.ts';
import { readMap, resolutionAgainstTruth } from './compare-with-truth.ts';
import { runJob } from './run-job.ts';

export interface DemoResult {
  readonly project_uid: string;
  readonly workspace_uid: string;
  readonly particles: number;
  readonly seed: number;
  readonly nyquist_A: number;
  /** where the half maps agree (FSC 0.143, soft mask), as the job reports it */
  readonly half_map_resolution_A: number;
  /** where the map agrees with the simulated molecule (FSC 0.5, soft mask) */
  readonly truth_resolution_A: number;
}

/** A barrel of symmetry D7 in images as they come from a microscope at 300 kV. */
const SIMULATION = { num_particles: 3000, box_size_pix: 128, psize_A: 1.5, symmetry: 'D7', snr: 0.01, bfactor_A2: 100 };

/** Simulate particles, import them from their STAR file, reconstruct them, and compare the map with the truth. */
export async function runPipeline(
  api: Instance,
  where: { user: string; container_dir: string; seed: number },
  signal: AbortSignal,
): Promise<DemoResult> {
  const owner = { owner_user_id: where.user, project_container_dir: where.container_dir };
  const project = await api.call('projects.create', { ...owner, title: 'Demo' }, { signal });
  const made_by = { project_uid: project.uid, created_by_user_id: where.user };
  const workspace = await api.call('workspaces.create', { ...made_by, title: 'Simulated barrel' }, { signal });
  const at = { project_uid: project.uid, workspace_uid: workspace.uid };

  const simulated = await runJob(
    api,
    { ...at, job_type: 'simulator', params: { ...SIMULATION, random_seed: where.seed } },
    signal,
  );
  const particle_meta_path = `${project.project_dir}/${simulated.job_dir}/particles.star`;
  const imported = await runJob(api, { ...at, job_type: 'import_particles', params: { particle_meta_path } }, signal);
  const reconstructed = await runJob(
    api,
    {
      ...at,
      job_type: 'homo_reconstruct',
      params: { refine_symmetry: SIMULATION.symmetry },
      inputs: { particles: `${imported.uid}.imported_particles` },
    },
    signal,
  );

  const truth = readMap(project.project_dir, simulated);
  const map = readMap(project.project_dir, reconstructed);
  return {
    project_uid: project.uid,
    workspace_uid: workspace.uid,
    particles: imported.outputs[0]?.num_items ?? 0,
    seed: where.seed,
    nyquist_A: 2 * truth.psize_A,
    half_map_resolution_A: reportedResolution_A(reconstructed),
    truth_resolution_A: resolutionAgainstTruth(map, truth),
  };
}

function reportedResolution_A(job: Job): number {
  const summary = job.outputs.find((o) => o.type === 'volume')?.summary ?? {};
  const value = summary['resolution_A'];
  if (typeof value === 'number') return value;
  throw new CsError(
    'bug',
    'CS_DEMO_OUTPUT',
    `${job.uid} reports no resolution_A, found ${Object.keys(summary).join(', ')}.`,
  );
}
