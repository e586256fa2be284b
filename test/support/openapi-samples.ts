/** The part of a schema that samples are made from. */
export interface SchemaObject {
  $ref?: string;
  type?: string;
  format?: string;
  example?: unknown;
  default?: unknown;
  enum?: unknown[];
  items?: SchemaObject;
  properties?: Record<string, SchemaObject>;
  allOf?: SchemaObject[];
  oneOf?: SchemaObject[];
}

export type Schemas = Record<string, SchemaObject>;

/** A body of a request, as the document knows it. */
export interface MediaType {
  schema: SchemaObject;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

/** Where a placeholder stands for a password that no document can know. */
export const PASSWORD_PATHS = ['/api/auth/login', '/api/auth/password'];

/** What Swagger UI shows as the body of a request. */
export function bodyOf({ schema, example, examples }: MediaType, schemas: Schemas): Record<string, unknown> {
  const shown = example ?? Object.values(examples ?? {})[0]?.value ?? sampleOf(schema, schemas);
  return shown as Record<string, unknown>;
}

/** Something that fits a schema: examples, else defaults, else something of the type. */
function sampleOf(schema: SchemaObject, schemas: Schemas): unknown {
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.$ref) return sampleOf(schemas[schema.$ref.split('/').at(-1)!]!, schemas);
  const [part] = schema.allOf ?? schema.oneOf ?? [];
  if (part) return sampleOf(part, schemas);
  if (schema.enum) return schema.enum[0];
  if (schema.properties) {
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, sampleOf(property, schemas)]),
    );
  }
  if (schema.type === 'array') return [sampleOf(schema.items ?? {}, schemas)];
  if (schema.type === 'integer' || schema.type === 'number') return 0;
  if (schema.type === 'boolean') return true;
  if (schema.type === 'object') return {};
  return schema.format === 'date-time' ? new Date().toISOString() : 'string';
}
