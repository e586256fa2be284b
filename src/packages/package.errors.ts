import { ObjectNotExistError, ValidateError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';
import type { PackageWanted } from './package-choice.js';

/** No package of that kind is here. */
export class PackageNotFoundError extends ObjectNotExistError {
  constructor(wanted?: PackageWanted) {
    super(wanted ? notFound(wanted) : new Text('安装包不存在', 'The package does not exist'));
  }
}

function notFound({ name, os, arch, version }: PackageWanted): Text {
  const what = [name, version, os, arch].filter(Boolean).join(' ');
  return new Text(`没有适用的安装包：${what}`, `There is no package for: ${what}`);
}

/** What was uploaded cannot be taken as a package. */
export class PackageRefusedError extends ValidateError {
  constructor(readonly reason: Text) {
    super({ file: [reason] });
  }
}

export class PackageTooLargeError extends PackageRefusedError {
  constructor(maxMib: number) {
    super(new Text(`安装包超过 ${maxMib} MiB`, `The package is larger than ${maxMib} MiB`));
  }
}

/** The same name, version, os and arch, but other bytes: hosts that have the one could not be told from those with the other. */
export class PackageVersionTakenError extends PackageRefusedError {
  constructor(fileName: string) {
    super(
      new Text(
        `${fileName} 已存在且内容不同，请修改版本号`,
        `${fileName} is here already with other contents; give it another version`,
      ),
    );
  }
}
