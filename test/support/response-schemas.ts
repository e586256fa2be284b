import { Ajv, type ValidateFunction } from 'ajv';
import addFormatsModule from 'ajv-formats';

const addFormats = addFormatsModule as unknown as (ajv: Ajv) => Ajv;

/** A JSON answer as a test saw it. */
export interface SeenResponse {
  method: string;
  /** With its query. */
  path: string;
  status: number;
  body: unknown;
}

interface ResponseObject {
  content?: Record<string, { schema?: { properties?: { code?: { enum?: unknown[] } } } }>;
}
interface Operation {
  responses: Record<string, ResponseObject>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, SchemaNode> };
}
interface SchemaNode {
  type?: string;
  properties?: Record<string, SchemaNode>;
  additionalProperties?: unknown;
}

/** What the OpenAPI document promises of answers, and whether an answer keeps it. */
export class ResponseSchemas {
  private readonly ajv = addFormats(new Ajv({ strict: false, allErrors: true, coerceTypes: false }));
  private readonly compiled = new Map<string, ValidateFunction>();
  private readonly routes: { pattern: RegExp; template: string }[];

  /** @param areRefusalsMasked as with ERROR_HTTP_STATUS=200: they come with 200, whatever status they are documented under */
  constructor(
    private readonly document: Document,
    private readonly areRefusalsMasked = false,
  ) {
    for (const schema of Object.values(document.components?.schemas ?? {})) close(schema);
    this.ajv.addSchema({ $id: 'doc', components: document.components });
    this.routes = Object.keys(document.paths)
      // A fixed segment wins over a parameter, as in the router.
      .sort((a, b) => (a.match(/\{/g)?.length ?? 0) - (b.match(/\{/g)?.length ?? 0))
      .map((template) => ({
        template,
        pattern: new RegExp(`^${template.replace(/\/$/, '').replace(/\{[^}]+\}/g, '[^/]+')}/?$`),
      }));
  }

  /** @throws Error when the answer is not what the document says; routes that do not exist promise nothing. */
  check({ method, path, status, body }: SeenResponse): void {
    const plainPath = path.split('?', 1)[0]!;
    const template = this.routes.find(({ pattern }) => pattern.test(plainPath))?.template;
    const operation = template && this.document.paths[template]?.[method.toLowerCase()];
    if (!template || !operation) return;
    const responses = Object.values(operation.responses);
    const { result, code } = (body ?? {}) as { result?: boolean; code?: string };
    const isMasked = this.areRefusalsMasked && status === 200 && result === false;
    const response = isMasked
      ? responses.find((each) => codesOf(each).includes(code))
      : (operation.responses[status] ?? operation.responses.default);
    const schema = response?.content?.['application/json']?.schema;
    const what = `${method} ${template} with ${isMasked ? code : status}`;
    if (!schema)
      throw new Error(`the OpenAPI document does not know an answer to ${what}: ${JSON.stringify(body).slice(0, 300)}`);
    const validate = this.compile(what, schema);
    if (validate(body)) return;
    const faults = this.ajv.errorsText(validate.errors, { dataVar: 'body', separator: '\n  ' });
    throw new Error(
      `${what} answered what its OpenAPI schema does not allow:\n  ${faults}\n  ${JSON.stringify(body).slice(0, 600)}`,
    );
  }

  private compile(what: string, schema: object): ValidateFunction {
    const known = this.compiled.get(what);
    if (known) return known;
    const local = JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"doc#/components')) as object;
    const validate = this.ajv.compile(local);
    this.compiled.set(what, validate);
    return validate;
  }
}

function codesOf({ content }: ResponseObject): unknown[] {
  return content?.['application/json']?.schema?.properties?.code?.enum ?? [];
}

/** What is not documented is not to be answered. */
function close(schema: SchemaNode): void {
  if (!schema.properties) return;
  schema.additionalProperties ??= false;
  for (const child of Object.values(schema.properties)) close(child);
}
