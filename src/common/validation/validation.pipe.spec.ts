import { IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength } from 'class-validator';
import { ValidateError } from '../errors/app-error.js';
import { refusalOf } from '../envelope/refusal.js';
import { Text } from '../i18n/text.js';
import { CommaList, EmptyAsAbsent, ToBool, ToInt, ToText } from './transforms.js';
import { validationPipe } from './validation.pipe.js';

class Sample {
  @IsString()
  @MaxLength(3)
  name!: string;

  @IsOptional()
  @ToInt()
  @IsInt()
  @Max(9)
  size?: number;

  @IsOptional()
  @EmptyAsAbsent()
  @IsIn(['A', 'B'])
  kind?: string;

  @IsOptional()
  @Matches(/^x/, { context: { text: new Text('须以 x 开头', 'Must start with x') } })
  code?: string;

  @IsOptional()
  @ToBool()
  flag?: boolean;

  @IsOptional()
  @ToText()
  id?: string;

  @IsOptional()
  @CommaList()
  list?: string[];
}

const check = (value: object): Promise<Sample> => validationPipe().transform(value, { type: 'body', metatype: Sample });

async function complaints(value: object, locale: 'en' | 'zh-CN' = 'en'): Promise<unknown> {
  const error: unknown = await check(value).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ValidateError);
  return refusalOf(error as ValidateError, locale).messages;
}

describe('validationPipe', () => {
  it('transforms what forms and queries can only say as text', async () => {
    expect(await check({ name: 'abc', size: '7', kind: '', flag: 'on', id: 12, list: ' a, ,b,' })).toEqual({
      name: 'abc',
      size: 7,
      kind: undefined,
      flag: true,
      id: '12',
      list: ['a', 'b'],
    });
  });

  it('drops fields that it does not know', async () => {
    expect(await check({ name: 'abc', isAjax: '1' })).not.toHaveProperty('isAjax');
  });

  it('says which field is wrong, with the limits it broke', async () => {
    expect(await complaints({ name: 'abcd', size: '12' })).toEqual({
      name: ['Must have at most 3 characters.'],
      size: ['Must be at most 9.'],
    });
  });

  it('names the choices', async () => {
    expect(await complaints({ name: 'a', kind: 'C' }, 'zh-CN')).toEqual({ kind: ['请选择：A, B'] });
  });

  it("prefers a field's own words", async () => {
    expect(await complaints({ name: 'a', code: 'y' }, 'zh-CN')).toEqual({ code: ['须以 x 开头'] });
  });
});
