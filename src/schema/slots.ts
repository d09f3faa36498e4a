/**
 * The field dictionary: which columns a slot of a dataset carries, under the system's own names.
 *
 * A column on disk is `<slot>/<field>`. Units stand in the names: `_A` ångström, `_rad`, `_kv`, `_mm`; a bare
 * number has no unit. Dtypes are NumPy's, little-endian: `O` is text (fixed-width bytes on disk).
 */
export type ScalarType = 'u8' | 'u4' | 'i4' | 'f4' | 'f8' | 'u1' | 'i1' | 'u2' | 'i2' | 'O';

/** Name, type, and the shape of one row's value (absent for a scalar). */
export type FieldSpec = readonly [name: string, type: ScalarType, shape?: readonly number[]];

/** What travels between jobs as one group. */
export const DATA_TYPES = [
  'exposure',
  'particle',
  'template',
  'volume',
  'volume_multi',
  'mask',
  'live',
  'ml_model',
  'symmetry_candidate',
  'flex_mesh',
  'flex_model',
  'hyperparameter',
  'denoise_model',
  'annotation_model',
] as const;
export type DataType = (typeof DATA_TYPES)[number];

const alignments = (pose: FieldSpec): readonly FieldSpec[] => [
  ['split', 'u4'],
  ['shift', 'f4', [2]],
  pose,
  ['psize_A', 'f4'],
  ['error', 'f4'],
  ['error_min', 'f4'],
  ['resid_pow', 'f4'],
  ['slice_pow', 'f4'],
  ['image_pow', 'f4'],
  ['cross_cor', 'f4'],
  ['alpha', 'f4'],
  ['alpha_min', 'f4'],
  ['weight', 'f4'],
  ['pose_ess', 'f4'],
  ['shift_ess', 'f4'],
  ['class_posterior', 'f4'],
  ['class', 'u4'],
  ['class_ess', 'f4'],
];

const volume: readonly FieldSpec[] = [
  ['path', 'O'],
  ['shape', 'u4', [3]],
  ['psize_A', 'f4'],
];

const micrograph: readonly FieldSpec[] = [
  ['path', 'O'],
  ['idx', 'u4'],
  ['shape', 'u4', [2]],
  ['psize_A', 'f4'],
  ['format', 'O'],
  ['is_background_subtracted', 'u4'],
  ['vmin', 'f4'],
  ['vmax', 'f4'],
  ['import_sig', 'u8'],
];

const motion: readonly FieldSpec[] = [
  ['type', 'O'],
  ['path', 'O'],
  ['idx', 'u4'],
  ['frame_start', 'u4'],
  ['frame_end', 'u4'],
  ['zero_shift_frame', 'u4'],
  ['psize_A', 'f4'],
];

/** Fields of each slot type. Several slots may share a type (`map`, `map_half_A` are both `volume_blob`). */
export const SLOT_FIELDS = {
  movie_blob: [
    ['path', 'O'],
    ['shape', 'u4', [3]],
    ['psize_A', 'f4'],
    ['format', 'O'],
    ['is_gain_corrected', 'u4'],
    ['has_defect_file', 'u4'],
    ['import_sig', 'u8'],
  ],
  gain_ref_blob: [
    ['path', 'O'],
    ['idx', 'u4'],
    ['shape', 'u4', [2]],
    ['flip_x', 'u4'],
    ['flip_y', 'u4'],
    ['rotate_num', 'u4'],
  ],
  mscope_params: [
    ['accel_kv', 'f4'],
    ['cs_mm', 'f4'],
    ['total_dose_e_per_A2', 'f4'],
    ['phase_plate', 'u4'],
    ['neg_stain', 'u4'],
    ['exp_group_id', 'u4'],
    ['beam_shift', 'f4', [2]],
    ['beam_shift_known', 'u4'],
    ['defect_path', 'O'],
  ],
  micrograph_blob: micrograph,
  stat_blob: [
    ['path', 'O'],
    ['idx', 'u4'],
    ['shape', 'u4', [2]],
    ['binfactor', 'u4'],
    ['psize_A', 'f4'],
  ],
  motion,
  ctf: [
    ['type', 'O'],
    ['exp_group_id', 'u4'],
    ['accel_kv', 'f4'],
    ['cs_mm', 'f4'],
    ['amp_contrast', 'f4'],
    ['df1_A', 'f4'],
    ['df2_A', 'f4'],
    ['df_angle_rad', 'f4'],
    ['phase_shift_rad', 'f4'],
    ['scale', 'f4'],
    ['scale_const', 'f4'],
    ['shift_A', 'f4', [2]],
    ['tilt_A', 'f4', [2]],
    ['trefoil_A', 'f4', [2]],
    ['tetra_A', 'f4', [4]],
    ['anisomag', 'f4', [4]],
    ['bfactor', 'f4'],
  ],
  ctf_stats: [
    ['type', 'O'],
    ['ctf_fit_to_A', 'f4'],
    ['cross_corr', 'f4'],
    ['df_range', 'f4', [2]],
    ['df_tilt_normal', 'f4', [2]],
    ['spectrum_dim', 'u4'],
    ['diag_image_path', 'O'],
    ['fit_data_path', 'O'],
    ['ice_thickness_rel', 'f4'],
  ],
  location: [
    ['micrograph_uid', 'u8'],
    ['exp_group_id', 'u4'],
    ['micrograph_path', 'O'],
    ['micrograph_shape', 'u4', [2]],
    ['micrograph_psize_A', 'f4'],
    ['center_x_frac', 'f4'],
    ['center_y_frac', 'f4'],
    ['min_dist_A', 'f4'],
  ],
  pick_stats: [
    ['ncc_score', 'f4'],
    ['power', 'f4'],
    ['template_idx', 'u4'],
    ['angle_rad', 'f4'],
  ],
  blob: [
    ['path', 'O'],
    ['idx', 'u4'],
    ['shape', 'u4', [2]],
    ['psize_A', 'f4'],
    ['sign', 'f4'],
    ['import_sig', 'u8'],
  ],
  alignments2D: alignments(['pose', 'f4']),
  alignments3D: alignments(['pose', 'f4', [3]]),
  volume_blob: volume,
} as const satisfies Record<string, readonly FieldSpec[]>;

export type SlotType = keyof typeof SLOT_FIELDS;

/** Slots whose name is not their type. */
const SLOT_TYPE_OF: Record<string, SlotType> = {
  micrograph_blob_non_dw: 'micrograph_blob',
  background_blob: 'stat_blob',
  rigid_motion: 'motion',
  spline_motion: 'motion',
  map: 'volume_blob',
  map_sharp: 'volume_blob',
  map_half_A: 'volume_blob',
  map_half_B: 'volume_blob',
  map_locres: 'volume_blob',
  mask: 'volume_blob',
  mask_refine: 'volume_blob',
  mask_fsc: 'volume_blob',
  mask_fsc_auto: 'volume_blob',
  precision: 'volume_blob',
};

/** Type of a slot by its name, or undefined when the dictionary does not know it. */
export function slotType(slot: string): SlotType | undefined {
  return slot in SLOT_FIELDS ? (slot as SlotType) : SLOT_TYPE_OF[slot];
}
