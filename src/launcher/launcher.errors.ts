/** The launcher cannot go on; the message tells a person what is wrong and what to do. Printed without a stack. */
export class LauncherError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Another launcher works on the same data folder. */
export class DataDirInUseError extends LauncherError {
  constructor(dataDir: string, pid: number) {
    super(
      `${dataDir} is in use by another nodeman (pid ${pid}). Stop that one first, or set DATA_DIR (and PORT) to start a second one.`,
    );
  }
}

/** A service could not be started; its own last words are in the message. */
export class ServiceStartError extends LauncherError {
  constructor(name: string, reason: string, remedy: string) {
    super(`${name} does not start: ${reason}\n${remedy}`);
  }
}
