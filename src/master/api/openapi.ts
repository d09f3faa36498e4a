import * as z from 'zod';
import { VERSION } from '../../host/version.ts';
import { api, type ApiName } from '../../schema/api.ts';
import type { Role } from '../../schema/endpoint.ts';

const SECURITY: Record<Role, Record<string, string[]>[]> = {
  public: [],
  user: [{ session: [] }, { token: [] }],
  admin: [{ session: [] }, { token: [] }],
  worker: [{ license: [] }],
  run: [{ token: [] }],
};

const ERROR = {
  type: 'object',
  required: ['kind', 'code', 'message'],
  properties: {
    kind: { type: 'string' },
    code: { type: 'string' },
    message: { type: 'string' },
    details: { type: 'object' },
  },
};

/** The API table as an OpenAPI 3.1 document. */
export function openApi(): Record<string, unknown> {
  const paths = (Object.keys(api) as ApiName[]).map((name) => [`/api/${name}`, { post: operation(name) }]);
  return {
    openapi: '3.1.0',
    info: { title: 'command_core', version: VERSION, description: 'Every call is a POST with JSON in and out.' },
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'cs_session' },
        token: { type: 'http', scheme: 'bearer' },
        license: { type: 'apiKey', in: 'header', name: 'License-ID' },
      },
    },
  };
}

function operation(name: ApiName): Record<string, unknown> {
  const { summary, role, input, output } = api[name];
  const content = (schema: unknown): unknown => ({ 'application/json': { schema } });
  return {
    operationId: name,
    summary,
    tags: [name.split('.')[0]],
    security: SECURITY[role],
    requestBody: { required: true, content: content(jsonSchema(input, 'input')) },
    responses: {
      200: { description: 'Done.', content: content(jsonSchema(output, 'output')) },
      default: { description: 'An error that says who must act.', content: content(ERROR) },
    },
  };
}

function jsonSchema(type: z.ZodType, io: 'input' | 'output'): unknown {
  const { $schema: _draft, ...schema } = z.toJSONSchema(type, { io, unrepresentable: 'any' });
  return schema;
}
