import {
  BackSide,
  BoxGeometry,
  Color,
  GLSL3,
  Mesh,
  PerspectiveCamera,
  Scene,
  ShaderMaterial,
  Vector2,
  Vector3,
  WebGLRenderer,
} from 'three';
import type { Data3DTexture } from 'three';
import { OrbitControls } from 'three/examples/jsm/controls/OrbitControls.js';
import { CsError } from '../../base/errors.ts';
import { FRAGMENT, VERTEX } from './shaders.ts';
import { blockTexture, mapTexture } from './textures.ts';
import { blockMaxima } from './volume-data.ts';
import type { VolumeData } from './volume-data.ts';

const BLOCK_VOXELS = 8;
const START = new Vector3(0.9, -1.25, 0.75);
/** Detail while the view moves, as a share of the final resolution; raised or lowered by what the machine can do. */
const SLOWEST_FRAME_MS = 45;
const REFINE_AFTER_MS = 140;

export interface SurfaceLook {
  level_sigma: number;
  tint: string;
  ground: string;
  colouring: 'one' | 'radius' | 'height';
  ambient: number;
  shine: number;
  /** clipping planes across the view, from -1 (front of the box) to 1 (its back) */
  slab: readonly [number, number];
}

const CONTEXT: WebGLContextAttributes = { antialias: false, preserveDrawingBuffer: true };

/** Why this browser cannot draw the surface of a map, or null when it can. */
export function surfaceProblem(volume: VolumeData): CsError | null {
  const context = document.createElement('canvas').getContext('webgl2', CONTEXT);
  if (!context) {
    return new CsError(
      'external',
      'CS_NO_WEBGL2',
      'This browser offers no WebGL 2, which the surface needs. Slices are shown without it.',
    );
  }
  const limit = context.getParameter(context.MAX_3D_TEXTURE_SIZE) as number;
  context.getExtension('WEBGL_lose_context')?.loseContext();
  const longest = Math.max(...volume.shape);
  if (longest <= limit) return null;
  return new CsError(
    'external',
    'CS_NO_WEBGL2',
    `The map has ${longest} voxels on its longest side; this browser draws at most ${limit}.`,
  );
}

/** An isosurface in a canvas. Draws only when something changed: first coarse while moving, then fine. */
export class SurfaceScene {
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(32, 1, 0.01, 20);
  private readonly controls: OrbitControls;
  private readonly material: ShaderMaterial;
  private readonly textures: Data3DTexture[];
  private readonly reach: number;
  private frame = 0;
  private refine: ReturnType<typeof setTimeout> | undefined;
  private coarseness = 0.6;
  private readonly size = new Vector2(1, 1);

  constructor(canvas: HTMLCanvasElement, volume: VolumeData) {
    const [nz, ny, nx] = volume.shape;
    const context = canvas.getContext('webgl2', CONTEXT);
    if (!context) throw new CsError('bug', 'CS_NO_WEBGL2', 'surfaceProblem() must be asked before a surface is made.');
    this.renderer = new WebGLRenderer({ canvas, context });
    const longest = Math.max(nx, ny, nz);
    const box = new Vector3(nx / longest, ny / longest, nz / longest);
    this.reach = box.length() / 2;
    const blocks = blockMaxima(volume, BLOCK_VOXELS);
    this.textures = [mapTexture(volume), blockTexture(blocks, volume)];
    this.material = new ShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      side: BackSide,
      uniforms: {
        map: { value: this.textures[0] },
        blocks: { value: this.textures[1] },
        size: { value: box },
        voxels: { value: new Vector3(nx, ny, nz) },
        blockCount: { value: new Vector3(blocks.shape[2], blocks.shape[1], blocks.shape[0]) },
        blockSize: { value: BLOCK_VOXELS },
        eye: { value: new Vector3() },
        forward: { value: new Vector3() },
        level: { value: 3 },
        stepLength: { value: 0.6 },
        slab: { value: new Vector2(-10, 10) },
        tint: { value: new Color() },
        ground: { value: new Color() },
        colouring: { value: 0 },
        ambient: { value: 0.3 },
        shine: { value: 0.5 },
      },
    });
    this.scene.add(new Mesh(new BoxGeometry(box.x, box.y, box.z), this.material));
    this.camera.up.set(0, 0, 1);
    this.camera.position.copy(START).multiplyScalar(1.05);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.enableDamping = false;
    this.controls.minDistance = 0.3;
    this.controls.maxDistance = 6;
    this.controls.addEventListener('change', () => this.draw());
  }

  /** Sets what is shown and draws it. */
  show(look: SurfaceLook): void {
    const uniforms = this.material.uniforms;
    const set = (name: string, value: unknown): void => {
      const uniform = uniforms[name];
      if (uniform) uniform.value = value;
    };
    set('level', look.level_sigma);
    set('ambient', look.ambient);
    set('shine', look.shine);
    set('colouring', { one: 0, radius: 1, height: 2 }[look.colouring]);
    set(
      'slab',
      new Vector2(
        look.slab[0] <= -1 ? -10 : look.slab[0] * this.reach,
        look.slab[1] >= 1 ? 10 : look.slab[1] * this.reach,
      ),
    );
    // the shader writes display values itself, so colours go in unconverted
    set('tint', displayColour(look.tint));
    set('ground', displayColour(look.ground));
    this.renderer.setClearColor(new Color().setStyle(look.ground), 1);
    this.draw();
  }

  resize(width_px: number, height_px: number): void {
    this.size.set(Math.max(1, width_px), Math.max(1, height_px));
    this.camera.aspect = this.size.x / this.size.y;
    this.camera.updateProjectionMatrix();
    this.draw();
  }

  /** Back to the first view. */
  reset(): void {
    this.controls.reset();
    this.draw();
  }

  /** Looks along an axis of the map. */
  lookAlong(axis: 'x' | 'y' | 'z'): void {
    const distance = this.camera.position.distanceTo(this.controls.target);
    // a hair beside the pole: exactly on it the orbit has no direction
    const direction = { x: new Vector3(1, 0, 0), y: new Vector3(0, -1, 0), z: new Vector3(0, -1e-3, 1) }[
      axis
    ].normalize();
    this.camera.position.copy(this.controls.target).addScaledVector(direction, distance);
    this.controls.update();
    this.draw();
  }

  /** The picture in full resolution. */
  async picture(): Promise<Blob | null> {
    this.render(2);
    return new Promise((resolve) => this.renderer.domElement.toBlob(resolve, 'image/png'));
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.refine);
    this.controls.dispose();
    for (const texture of this.textures) texture.dispose();
    this.material.dispose();
    this.renderer.dispose();
  }

  private draw(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.refine);
    this.frame = requestAnimationFrame(() => {
      const start_ms = performance.now();
      this.render(this.coarseness);
      // reading one pixel waits for the picture; only so can its cost be known
      const context = this.renderer.getContext();
      context.readPixels(0, 0, 1, 1, context.RGBA, context.UNSIGNED_BYTE, new Uint8Array(4));
      const took_ms = performance.now() - start_ms;
      const factor = Math.sqrt(SLOWEST_FRAME_MS / Math.max(1, took_ms));
      this.coarseness = Math.min(1, Math.max(0.2, this.coarseness * Math.min(1.3, factor)));
      // where moving pictures come in full detail there is time to smooth the edges of the resting one
      this.refine = setTimeout(() => this.render(this.coarseness < 1 ? 1 : 2), REFINE_AFTER_MS);
    });
  }

  private render(detail: number): void {
    const ratio = Math.min(window.devicePixelRatio * detail, 2);
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(this.size.x, this.size.y, false);
    this.camera.updateMatrixWorld();
    this.material.uniforms['eye']?.value.copy(this.camera.position);
    this.camera.getWorldDirection(this.material.uniforms['forward']?.value);
    this.renderer.render(this.scene, this.camera);
  }
}

function displayColour(css: string): Vector3 {
  const c = new Color().setStyle(css).convertLinearToSRGB();
  return new Vector3(c.r, c.g, c.b);
}
