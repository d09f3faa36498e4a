/**
 * How the electrons of a frame are written down: the number of pixels without electron before each, and the place
 * inside the pixel. Numbers are packed first bit lowest.
 */
export interface EerCoding {
  /** bits of a run of empty pixels; the greatest number means "as many, and no electron" */
  readonly runBits: number;
  /** bits of the place inside the pixel along x and y; the highest is inverted (signed from the pixel's middle) */
  readonly subBitsX: number;
  readonly subBitsY: number;
  /** a place follows also the run that has no electron: every entry has the same length */
  readonly padded: boolean;
}

/** Coding by the value of the TIFF field Compression; that of 65002 stands in fields of its own. */
export const EER_CODINGS: Readonly<Record<number, EerCoding>> = {
  65000: { runBits: 8, subBitsX: 2, subBitsY: 2, padded: true },
  65001: { runBits: 7, subBitsX: 2, subBitsY: 2, padded: false },
};

/** The compression whose coding the fields 65007 to 65009 tell. */
export const EER_VARIABLE = 65002;

/**
 * Add the electrons of one frame to an image on a grid `upsampling` times as fine as the detector's.
 *
 * The format is that of electron event registration (Guo et al. 2020, IUCrJ 7:860, doi:10.1107/S205225252000929X).
 *
 * @param input bytes of the frame
 * @param width @param height size of the detector, px
 * @param upsampling 1, 2 or 4, count of grid points per pixel and axis
 * @param out counts, shape [height × upsampling, width × upsampling]; added to
 * @returns number of electrons
 * @throws RangeError when the runs do not end at the last pixel
 */
export function addElectrons(
  input: Uint8Array,
  coding: EerCoding,
  width: number,
  height: number,
  upsampling: 1 | 2 | 4,
  out: Float32Array,
): number {
  const { runBits, subBitsX, subBitsY, padded } = coding;
  const pixels = width * height;
  const subBits = subBitsX + subBitsY;
  const entryBits = runBits + subBits;
  const runMask = (1 << runBits) - 1;
  const fineBits = upsampling === 4 ? 2 : upsampling === 2 ? 1 : 0;
  const [placeX, placeY] = [finePlaces(subBitsX, fineBits), finePlaces(subBitsY, fineBits)];
  const [maskX, maskY] = [(1 << subBitsX) - 1, (1 << subBitsY) - 1];
  const fineWidth = width * upsampling;
  let hold = 0;
  let held = 0;
  let at = 0;
  let pixel = 0;
  let electrons = 0;
  for (;;) {
    while (held < entryBits) {
      // zeros behind the end, which cannot complete the frame but by a run that is all there
      hold |= (at < input.length ? input[at] : 0) << held;
      at++;
      held += 8;
    }
    const run = hold & runMask;
    pixel += run;
    if (pixel >= pixels) break;
    if (at - (held >> 3) > input.length) throw new RangeError(`its data end at pixel ${pixel} of ${pixels}`);
    if (run === runMask) {
      const bits = padded ? entryBits : runBits;
      hold >>>= bits;
      held -= bits;
      continue;
    }
    const sub = hold >>> runBits;
    const y = (pixel / width) | 0;
    const x = pixel - y * width;
    const fineX = (x << fineBits) + placeX[sub & maskX];
    const fineY = (y << fineBits) + placeY[(sub >>> subBitsX) & maskY];
    out[fineY * fineWidth + fineX]++;
    electrons++;
    pixel++;
    hold >>>= entryBits;
    held -= entryBits;
  }
  if (pixel !== pixels) throw new RangeError(`its runs lead to pixel ${pixel}, wanted the end at ${pixels}`);
  return electrons;
}

/** Grid point inside the pixel for each code of a place. */
function finePlaces(subBits: number, fineBits: number): Uint8Array {
  const top = subBits > 0 ? 1 << (subBits - 1) : 0;
  return Uint8Array.from({ length: 1 << subBits }, (_, code) => {
    const place = code ^ top;
    return subBits >= fineBits ? place >> (subBits - fineBits) : place << (fineBits - subBits);
  });
}
