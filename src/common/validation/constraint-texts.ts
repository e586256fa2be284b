import { Text } from '../i18n/text.js';

/** What a constraint of class-validator says to people, from its arguments. */
type Wording = (...values: unknown[]) => Text;

const isText = new Text('请输入文本', 'Give a text');

/** By the name that class-validator gives its constraints. A field with needs of its own says them in `context.text`. */
export const CONSTRAINT_TEXTS: Readonly<Record<string, Wording>> = {
  isDefined: () => new Text('该字段是必填项。', 'This field is required.'),
  isNotEmpty: () => new Text('该字段不能为空。', 'This field may not be blank.'),
  isString: () => isText,
  isInt: () => new Text('请填写合法的整数值。', 'A valid integer is required.'),
  isNumber: () => new Text('请填写合法的数字。', 'A valid number is required.'),
  isBoolean: () => new Text('请填写布尔值 true 或 false。', 'Give true or false.'),
  isArray: () => new Text('请提供列表。', 'Give a list.'),
  isObject: () => new Text('请提供对象。', 'Give an object.'),
  isISO8601: () => new Text('请填写 ISO 8601 格式的时间。', 'Give a time in ISO 8601.'),
  isDateString: () => new Text('请填写 ISO 8601 格式的时间。', 'Give a time in ISO 8601.'),
  min: (min) => new Text(`不能小于 ${String(min)}。`, `Must be at least ${String(min)}.`),
  max: (max) => new Text(`不能大于 ${String(max)}。`, `Must be at most ${String(max)}.`),
  minLength: (min) => new Text(`至少 ${String(min)} 个字符。`, `Must have at least ${String(min)} characters.`),
  maxLength: (max) => new Text(`最多 ${String(max)} 个字符。`, `Must have at most ${String(max)} characters.`),
  arrayMinSize: (min) => new Text(`至少 ${String(min)} 项。`, `Give at least ${String(min)}.`),
  arrayNotEmpty: () => new Text('列表不能为空。', 'The list may not be empty.'),
  arrayMaxSize: (max) => new Text(`最多 ${String(max)} 项。`, `At most ${String(max)} are allowed.`),
  isIn: (values) => choices(values as unknown[]),
  isEnum: (values) => choices(Object.values(values as object)),
  matches: () => new Text('格式不正确。', 'The format is not valid.'),
  nestedValidation: () => new Text('请提供对象。', 'Give an object.'),
};

export const FALLBACK_TEXT = new Text('该值无效。', 'This value is not valid.');

function choices(values: unknown[]): Text {
  const list = values.join(', ');
  return new Text(`请选择：${list}`, `Choose one of: ${list}`);
}
