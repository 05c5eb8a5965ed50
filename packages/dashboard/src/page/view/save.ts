/** The viewer that an element is in, as one SVG: the heatmap as an image inside, rulers and lanes as they are. */
function viewerSvg(inside: Element): { svg: string; width: number; height: number } | null {
  const viewer = inside.closest('.viewer');
  if (viewer === null) return null;
  const frame = viewer.getBoundingClientRect();
  const parts: string[] = [];
  let bottom = 0;
  for (const element of viewer.querySelectorAll<SVGSVGElement | HTMLCanvasElement>('.plot svg, .plot canvas, svg.ruler, svg.lane')) {
    const box = element.getBoundingClientRect();
    const [x, y] = [box.left - frame.left, box.top - frame.top];
    bottom = Math.max(bottom, y + box.height);
    parts.push(element instanceof HTMLCanvasElement ? imageOf(element, x, y, box) : partOf(element, x, y));
  }
  const top = Math.min(...[...viewer.querySelectorAll('.plot')].map((plot) => plot.getBoundingClientRect().top - frame.top), bottom);
  const [width, height] = [Math.ceil(frame.width), Math.ceil(bottom - top + 8)];
  const style = getComputedStyle(document.documentElement);
  const ground = style.getPropertyValue('--ground');
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"`,
    `viewBox="0 ${top - 4} ${width} ${height}" font-family="sans-serif">`,
    `<rect y="${top - 4}" width="${width}" height="${height}" fill="${ground}"/>`,
    ...parts,
    '</svg>',
  ].join('\n');
  return { svg, width, height };
}

function imageOf(canvas: HTMLCanvasElement, x: number, y: number, { width, height }: DOMRect): string {
  return `<image x="${x}" y="${y}" width="${width}" height="${height}" href="${canvas.toDataURL('image/png')}"/>`;
}

/** What classes gave an element, written into its copy: a saved file has no style sheet. */
const PROPERTIES = ['fill', 'stroke', 'stroke-width', 'font-size', 'font-weight', 'fill-opacity', 'opacity', 'text-anchor'];

function partOf(source: SVGSVGElement, x: number, y: number): string {
  const copy = source.cloneNode(true) as SVGSVGElement;
  const copies = copy.querySelectorAll('*');
  source.querySelectorAll('*').forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const property of PROPERTIES) copies[i].setAttribute(property, style.getPropertyValue(property));
    copies[i].removeAttribute('class');
  });
  copy.setAttribute('x', String(x));
  copy.setAttribute('y', String(y));
  return new XMLSerializer().serializeToString(copy);
}

export function saveSvg(inside: Element, name: string): void {
  const made = viewerSvg(inside);
  if (made !== null) download(new Blob([made.svg], { type: 'image/svg+xml' }), `${name}.svg`);
}

export async function savePng(inside: Element, name: string): Promise<void> {
  const made = viewerSvg(inside);
  if (made === null) return;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(made.svg)}`;
  await image.decode();
  const canvas = new OffscreenCanvas(made.width * devicePixelRatio, made.height * devicePixelRatio);
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  download(await canvas.convertToBlob(), `${name}.png`);
}

function download(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name.replace(/[^\w.-]/g, '_');
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
