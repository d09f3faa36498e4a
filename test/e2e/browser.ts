import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** Reason to skip a browser test, for `{ skip: withoutBrowser() }`. */
export function withoutBrowser(): string | false {
  return existsSync(CHROMIUM) ? false : `${CHROMIUM} is not installed`;
}

export interface OpenedPage {
  readonly page: Page;
  /** what went wrong in the page so far: script errors, refused resources, requests to other hosts */
  readonly faults: string[];
}

/**
 * A page of a headless Chromium, closed when the test ends.
 * @param origin the only host it may talk to
 * @param options.webgl whether it offers WebGL, drawn by software; true when left out
 */
export async function openPage(
  t: TestContext,
  origin: string,
  { webgl = true }: { webgl?: boolean } = {},
): Promise<OpenedPage> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(webgl
        ? ['--use-angle=swiftshader', '--enable-unsafe-swiftshader']
        : ['--disable-gpu', '--disable-software-rasterizer']),
    ],
  });
  t.after(() => browser.close());
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  page.on('console', (message) => {
    // the browser itself reports answers with an error status here; those are part of what the tests provoke
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(blob|data):/.test(url)) faults.push(`request to ${url}`);
  });
  return { page, faults };
}

const POLL_MS = 100;
const PICTURE_MS = 15_000;

/**
 * Waits until a canvas shows what it should.
 * @throws Error with what it shows when it does not within 15 s
 */
export async function waitForPicture(
  page: Page,
  selector: string,
  wanted: string,
  isThere: (picture: CanvasContent) => boolean,
): Promise<CanvasContent> {
  const end_ms = performance.now() + PICTURE_MS;
  for (;;) {
    const picture = await canvasContent(page, selector);
    if (isThere(picture)) return picture;
    if (performance.now() > end_ms) throw new Error(`${selector}: wanted ${wanted}, found ${JSON.stringify(picture)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

export interface CanvasContent {
  /** share of pixels that differ from the upper left corner */
  share: number;
  /** changes with the picture */
  sum: number;
}

function canvasContent(page: Page, selector: string): Promise<CanvasContent> {
  return page.locator(selector).evaluate((element) => {
    const source = element as HTMLCanvasElement;
    const copy = document.createElement('canvas');
    copy.width = source.width;
    copy.height = source.height;
    const context = copy.getContext('2d');
    if (!context || source.width === 0) return { share: 0, sum: 0 };
    context.drawImage(source, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    let different = 0;
    let sum = 0;
    for (let i = 0; i < data.length; i += 4) {
      const away = Math.abs(data[i] - data[0]) + Math.abs(data[i + 1] - data[1]) + Math.abs(data[i + 2] - data[2]);
      if (away > 24) different += 1;
      sum = (sum * 31 + data[i] + 7 * data[i + 1] + 13 * data[i + 2]) % 1_000_000_007;
    }
    return { share: (4 * different) / data.length, sum };
  });
}
