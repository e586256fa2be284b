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

/** The API could not be told to listen where it was asked to. */
export class PortInUseError extends LauncherError {
  constructor(host: string, port: number) {
    super(`Port ${port} of ${host} is in use by another program. Stop that one, or set PORT to another number.`);
  }
}

/** The launcher was asked to stop before it was up; nothing to complain about. */
export class StoppedError extends LauncherError {
  constructor() {
    super('stopped');
  }
}
