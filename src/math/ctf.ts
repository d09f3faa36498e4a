/** What makes the contrast transfer function of one image. */
export interface CtfParams {
  accel_kv: number;
  cs_mm: number;
  /** fraction, 0 to 1 */
  amp_contrast: number;
  /** defocus along `df_angle_rad`, positive for underfocus */
  df1_A: number;
  /** defocus across it */
  df2_A: number;
  /** from the x axis towards the y axis of the stored image */
  df_angle_rad: number;
  phase_shift_rad: number;
  /** envelope exp(-B k²/4) of amplitudes, Å²; none when absent or 0 */
  bfactor?: number;
}

/**
 * Relativistic electron wavelength: h / √(2 m e U (1 + e U / (2 m c²))), constants folded.
 * @returns Å; 0.019687 at 300 kV
 */
export function electronWavelength_A(accel_kv: number): number {
  const volts = accel_kv * 1e3;
  return 12.2643 / Math.sqrt(volts + 0.978466e-6 * volts * volts);
}

/** The phase χ + φ of a CTF as a polynomial of the frequency, so that no angle is needed at each pixel. */
export interface CtfPhase {
  /** of k², rad Å² */
  readonly k2: number;
  /** of kx² - ky², rad Å² */
  readonly cos2: number;
  /** of 2 kx ky, rad Å² */
  readonly sin2: number;
  /** of k⁴, rad Å⁴ */
  readonly k4: number;
  readonly constant_rad: number;
}

/** Coefficients of χ + φ, see `ctf2d`. */
export function ctfPhase(p: CtfParams): CtfPhase {
  const lambda_A = electronWavelength_A(p.accel_kv);
  const cs_A = p.cs_mm * 1e7;
  const astigmatism = (Math.PI * lambda_A * (p.df1_A - p.df2_A)) / 2;
  return {
    k2: (Math.PI * lambda_A * (p.df1_A + p.df2_A)) / 2,
    cos2: astigmatism * Math.cos(2 * p.df_angle_rad),
    sin2: astigmatism * Math.sin(2 * p.df_angle_rad),
    k4: -0.5 * Math.PI * cs_A * lambda_A ** 3,
    constant_rad: p.phase_shift_rad + Math.asin(p.amp_contrast),
  };
}

/**
 * CTF of a square image on the half-plane grid of a real-to-complex transform: C = -sin(χ + φ) with
 * χ = πλ df(θ) k² - (π/2) Cs λ³ k⁴, φ = phase shift + asin(amplitude contrast) and
 * df(θ) = (df1 + df2)/2 + (df1 - df2)/2 cos 2(θ - θ_ast). Rohou & Grigorieff, J. Struct. Biol. 192:216, 2015,
 * doi:10.1016/j.jsb.2015.08.008.
 *
 * Sign: negative at low resolution for underfocus. An image of dark protein on a bright ground is the density's
 * projection times C; with bright protein (`blob/sign` 1) it is that times -C.
 *
 * @param p optics @param n side, px @param psize_A pixel size, Å
 * @param out shape [n, n/2+1], row ky in FFT order, kx fastest; overwritten
 * @returns `out`
 */
export function ctf2d(
  p: CtfParams,
  n: number,
  psize_A: number,
  out: Float32Array = new Float32Array(n * (Math.floor(n / 2) + 1)),
): Float32Array {
  const phase = ctfPhase(p);
  const nxc = Math.floor(n / 2) + 1;
  const dk_iA = 1 / (n * psize_A);
  const damping = p.bfactor ? -p.bfactor / 4 : 0;
  for (let row = 0, at = 0; row < n; row++) {
    const ky = (row <= n / 2 ? row : row - n) * dk_iA;
    const ky2 = ky * ky;
    for (let x = 0; x < nxc; x++, at++) {
      const kx = x * dk_iA;
      const kx2 = kx * kx;
      const k2 = kx2 + ky2;
      const chi_rad =
        k2 * (phase.k2 + phase.k4 * k2) + phase.cos2 * (kx2 - ky2) + 2 * phase.sin2 * kx * ky + phase.constant_rad;
      const value = -Math.sin(chi_rad);
      out[at] = damping === 0 ? value : value * Math.exp(damping * k2);
    }
  }
  return out;
}

/** A table with columns by name, as `Dataset` is. */
interface Columns {
  has(name: string): boolean;
  f4(name: string): Float32Array;
}

/**
 * Optics of one row of a dataset with slot `ctf`.
 * @throws CsError `CS_COLUMN_MISSING` when the slot or one of its necessary columns is not there
 */
export function ctfParamsOf(dataset: Columns, row: number): CtfParams {
  return {
    accel_kv: dataset.f4('ctf/accel_kv')[row],
    cs_mm: dataset.f4('ctf/cs_mm')[row],
    amp_contrast: dataset.f4('ctf/amp_contrast')[row],
    df1_A: dataset.f4('ctf/df1_A')[row],
    df2_A: dataset.f4('ctf/df2_A')[row],
    df_angle_rad: dataset.f4('ctf/df_angle_rad')[row],
    phase_shift_rad: dataset.f4('ctf/phase_shift_rad')[row],
    bfactor: dataset.has('ctf/bfactor') ? dataset.f4('ctf/bfactor')[row] : 0,
  };
}

const HIGHER_ORDER = ['tilt_A', 'trefoil_A', 'tetra_A', 'anisomag'];

/**
 * Columns of slot `ctf` with values other than 0 that `CtfParams` does not hold: a job that goes by `ctf2d` alone
 * names them to its user. @returns names such as `ctf/tilt_A`
 */
export function aberrationsLeftOut(dataset: Columns): string[] {
  return HIGHER_ORDER.map((field) => `ctf/${field}`).filter(
    (name) => dataset.has(name) && dataset.f4(name).some((value) => value !== 0),
  );
}
