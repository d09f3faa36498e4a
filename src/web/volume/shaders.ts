/** Draws the faces of the map's box; the fragment shader follows each ray through it. */
export const VERTEX = /* glsl */ `
out vec3 vPosition;
void main() {
  vPosition = position;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}
`;

/**
 * First crossing of the level along the ray, refined by bisection and lit by the gradient. Blocks whose highest
 * value lies below the level are jumped over. Positions are in box units: the longest side is 1, centre at 0.
 */
export const FRAGMENT = /* glsl */ `
precision highp float;
precision highp sampler3D;
in vec3 vPosition;
out vec4 colour;

uniform sampler3D map;
uniform sampler3D blocks;
uniform vec3 size;        // box, box units
uniform vec3 voxels;      // x, y, z
uniform vec3 blockCount;
uniform float blockSize;  // voxels
uniform vec3 eye;         // camera in box units
uniform vec3 forward;     // viewing direction
uniform float level;      // sigma
uniform float stepLength; // voxels
uniform vec2 slab;        // depth of near and far clipping plane from the centre, box units
uniform vec3 tint;
uniform vec3 ground;
uniform int colouring;    // 0 one colour, 1 by distance from the centre, 2 by height
uniform float ambient;
uniform float shine;

float density(vec3 p) { return texture(map, p / size + 0.5).r; }

vec3 gradient(vec3 p) {
  vec3 e = size / voxels;
  return vec3(
    density(p + vec3(e.x, 0, 0)) - density(p - vec3(e.x, 0, 0)),
    density(p + vec3(0, e.y, 0)) - density(p - vec3(0, e.y, 0)),
    density(p + vec3(0, 0, e.z)) - density(p - vec3(0, 0, e.z)));
}

vec3 ramp(float t) {
  t = clamp(t, 0.0, 1.0);
  vec3 a = vec3(0.24, 0.38, 0.76), b = vec3(0.30, 0.68, 0.66), c = vec3(0.93, 0.80, 0.42), d = vec3(0.80, 0.34, 0.30);
  return t < 0.333 ? mix(a, b, t * 3.0) : t < 0.667 ? mix(b, c, t * 3.0 - 1.0) : mix(c, d, t * 3.0 - 2.0);
}

void main() {
  vec3 ray = normalize(vPosition - eye);
  vec3 inverse = 1.0 / (ray + vec3(equal(ray, vec3(0.0))) * 1e-8);
  vec3 low = (-0.5 * size - eye) * inverse;
  vec3 high = (0.5 * size - eye) * inverse;
  vec3 nearest = min(low, high);
  vec3 farthest = max(low, high);
  float facing = dot(ray, forward);
  float centre = dot(-eye, forward);
  float t = max(max(max(nearest.x, nearest.y), nearest.z), max(0.0, (centre + slab.x) / facing));
  float end = min(min(min(farthest.x, farthest.y), farthest.z), (centre + slab.y) / facing);
  if (t >= end) discard;

  float advance = stepLength * length(size) / length(voxels);
  float before = t;
  bool entering = true;
  bool hit = false;
  for (int i = 0; i < 2400; i++) {
    if (t > end) break;
    vec3 p = eye + ray * t;
    vec3 cell = floor((p / size + 0.5) * voxels / blockSize);
    cell = clamp(cell, vec3(0.0), blockCount - 1.0);
    if (texelFetch(blocks, ivec3(cell), 0).r < level) {
      vec3 lower = (cell * blockSize / voxels - 0.5) * size;
      vec3 upper = (min((cell + 1.0) * blockSize, voxels) / voxels - 0.5) * size;
      vec3 exits = max((lower - eye) * inverse, (upper - eye) * inverse);
      t = max(min(min(exits.x, exits.y), exits.z), t) + advance * 0.02;
      before = t;
      entering = false;
      continue;
    }
    if (density(p) >= level) { hit = true; break; }
    entering = false;
    before = t;
    t += advance;
  }
  if (!hit) discard;

  vec3 p = eye + ray * t;
  vec3 normal;
  if (entering) {
    // cut open by the slab or the box: the cut shows as a flat face
    normal = -forward;
  } else {
    float a = before, b = t;
    for (int i = 0; i < 6; i++) {
      float middle = 0.5 * (a + b);
      if (density(eye + ray * middle) >= level) b = middle; else a = middle;
    }
    p = eye + ray * b;
    vec3 g = gradient(p);
    normal = length(g) > 0.0 ? -normalize(g) : -ray;
  }
  if (dot(normal, ray) > 0.0) normal = -normal;

  vec3 base = colouring == 1 ? ramp(length(p) / (0.5 * max(size.x, max(size.y, size.z))))
            : colouring == 2 ? ramp(p.z / size.z + 0.5) : tint;
  vec3 side = normalize(cross(forward, abs(forward.z) < 0.99 ? vec3(0.0, 0.0, 1.0) : vec3(0.0, 1.0, 0.0)));
  vec3 light = normalize(-forward + 0.5 * cross(side, forward) - 0.45 * side);
  float diffuse = max(0.0, dot(normal, light));
  float highlight = pow(max(0.0, dot(normal, normalize(light - ray))), 40.0) * shine;
  vec3 lit = base * (ambient + (1.0 - ambient) * diffuse) + highlight * 0.35;
  float depth = clamp((dot(p - eye, forward) - centre) + 0.5, 0.0, 1.0);
  colour = vec4(mix(lit, ground, 0.38 * depth * depth), 1.0);
}
`;
