import type { FigureInput } from '../../schema/figure.ts';
import type { SvgNode } from './svg.ts';
import { figureCsv, svgText } from './figure-text.ts';

/** Offers bytes to the user as a file. */
export function saveFile(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The colour that a CSS expression has on this page, as a plain `rgb()` text. */
function colourOf(css: string): string {
  const probe = document.createElement('span');
  probe.style.color = css;
  document.body.append(probe);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d');
  const computed = getComputedStyle(probe).color;
  probe.remove();
  if (!context) return computed;
  // through a pixel: computed colours may be oklab(), which few SVG readers know
  context.fillStyle = computed;
  context.fillRect(0, 0, 1, 1);
  const [r = 0, g = 0, b = 0] = context.getImageData(0, 0, 1, 1).data;
  return `rgb(${r}, ${g}, ${b})`;
}

const fileName = (figure: FigureInput, ending: string): string =>
  `${
    figure.title
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '') || 'figure'
  }.${ending}`;

function standalone(node: SvgNode): string {
  const seen = new Map<string, string>();
  return svgText(node, (css) => {
    const known = seen.get(css) ?? colourOf(css);
    seen.set(css, known);
    return known;
  });
}

export function saveSvg(figure: FigureInput, node: SvgNode): void {
  saveFile(fileName(figure, 'svg'), new Blob([standalone(node)], { type: 'image/svg+xml' }));
}

export function saveCsv(figure: FigureInput): void {
  saveFile(fileName(figure, 'csv'), new Blob([figureCsv(figure)], { type: 'text/csv' }));
}

/** Draws the figure at twice its size on the page's ground colour. */
export async function savePng(figure: FigureInput, node: SvgNode): Promise<void> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone(node))}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = Number(node.attrs['width']) * 2;
  canvas.height = Number(node.attrs['height']) * 2;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.fillStyle = colourOf('var(--surface)');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => blob && saveFile(fileName(figure, 'png'), blob), 'image/png');
}
