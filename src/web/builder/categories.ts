import type { CATEGORIES, JobTypeInfo } from '../../schema/job.ts';

/** Headings of the job categories, in the order of the builder. */
const TITLES: Record<(typeof CATEGORIES)[number], string> = {
  import: 'Import',
  motion_correction: 'Motion correction',
  ctf_estimation: 'CTF estimation',
  exposure_curation: 'Exposure curation',
  particle_picking: 'Particle picking',
  extraction: 'Extraction',
  deep_picker: 'Deep picker',
  particle_curation: 'Particle curation',
  reconstruction: '3D reconstruction',
  refinement: '3D refinement',
  ctf_refinement: 'CTF refinement',
  variability: 'Variability',
  flexibility: 'Flexibility',
  postprocessing: 'Post-processing',
  local_refinement: 'Local refinement',
  helix: 'Helical reconstruction',
  utilities: 'Utilities',
  simulations: 'Simulations',
  live: 'Live',
  instance_testing: 'Instance testing',
  workflows: 'Workflows',
};

/** Job types by category, in the builder's order, those matching all words of `query` only. */
export function byCategory(types: readonly JobTypeInfo[], query: string): { title: string; types: JobTypeInfo[] }[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = types.filter((t) => {
    const text = `${t.title} ${t.type} ${t.category} ${t.description}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return Object.entries(TITLES)
    .map(([category, title]) => ({ title, types: found.filter((t) => t.category === category) }))
    .filter((group) => group.types.length > 0);
}
