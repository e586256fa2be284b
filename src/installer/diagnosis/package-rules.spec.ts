import { call, packages, provedBy } from '../../../test/support/failure-words.js';
import { PACKAGE_RULES, PACKAGE_SOURCE_RULES } from './package-rules.js';

provedBy(
  [...PACKAGE_RULES, ...PACKAGE_SOURCE_RULES],
  [
    [
      'package-manager-locked',
      packages(
        'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?',
      ),
    ],
    ['package-manager-locked', packages('dpkg: error: dpkg frontend lock was locked by another process with pid 812')],
    ['package-manager-locked', packages('Existing lock /var/run/yum.pid: another copy is running as pid 3210.')],
    ['package-manager-locked', packages('Waiting for process with pid 812 to finish.')],
    ['package-manager-locked', packages('System management is locked by the application with pid 2290 (zypper).')],
    ['package-manager-locked', packages('ERROR: Unable to lock database: Resource temporarily unavailable')],
    [
      'package-manager-locked',
      packages("error: can't create transaction lock on /var/lib/rpm/.rpm.lock (Resource temporarily unavailable)"),
    ],
    [
      'dpkg-interrupted',
      packages("E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem."),
    ],
    ['packages-broken', packages("E: Unmet dependencies. Try 'apt --fix-broken install' with no packages")],
    ['packages-broken', packages('E: Sub-process /usr/bin/dpkg returned an error code (1)')],
    ['packages-broken', packages('Problem: nothing provides libssl.so.1.1()(64bit) needed by curl-7.61.1')],
    [
      'rpm-database-broken',
      packages('error: rpmdb: BDB0113 Thread/process 812/140 failed: BDB1507 Thread died in Berkeley DB library'),
    ],
    ['rpm-database-broken', packages('error: cannot open Packages database in /var/lib/rpm')],
    [
      'package-sources-not-yet-valid',
      packages(
        'E: Release file for http://deb.debian.org/debian/dists/bookworm-updates/InRelease is not valid yet (invalid for another 3h 12min 4s). Updates for this repository will not be applied.',
      ),
    ],
    [
      'package-sources-gone',
      packages(
        'Could not retrieve mirrorlist http://mirrorlist.centos.org/?release=7&arch=x86_64&repo=os&infra=stock error was\n14: curl#6 - "Could not resolve host: mirrorlist.centos.org; Unknown error"\nCannot find a valid baseurl for repo: base/7/x86_64',
      ),
    ],
    [
      'package-sources-gone',
      packages("E: The repository 'http://deb.debian.org/debian stretch Release' does not have a Release file."),
    ],
    [
      'package-sources-gone',
      packages('http://mirror/centos/8/repodata/repomd.xml: [Errno 14] HTTP Error 404 - Not Found'),
    ],
    [
      'package-sources-gone',
      packages('Err:1 http://deb.debian.org/debian stretch/main amd64 curl 404  Not Found [IP: 151.101.2.132 80]'),
    ],
    [
      'package-sources-gone',
      packages(
        "Error: Failed to download metadata for repo 'appstream': Cannot prepare internal mirrorlist: No URLs in mirrorlist",
      ),
    ],
    [
      'package-key-missing',
      packages(
        "W: GPG error: http://x stable InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 112695A0E562B32A",
      ),
    ],
    ['package-key-missing', packages('Error: GPG check FAILED')],
    ['package-key-missing', packages('ERROR: https://dl-cdn.alpinelinux.org/alpine/v3.18/main: UNTRUSTED signature')],
    [
      'no-package-sources',
      packages(
        'This system is not registered with an entitlement server. You can use subscription-manager to register.\nError: There are no enabled repositories in "/etc/yum.repos.d".',
      ),
    ],
    [
      'no-package-sources',
      packages('Warning: No repositories defined. Operating only with the installed resolvables.'),
    ],
    ['package-not-found', packages('E: Unable to locate package curl')],
    ['package-not-found', packages('No match for argument: curl\nError: Unable to find a match: curl')],
    ['package-not-found', packages('No package curl available.')],
    [
      'package-not-found',
      packages('ERROR: unable to select packages:\n  curl (no such package):\n    required by: world[curl]'),
    ],
    ['package-not-found', packages("No provider of 'curl' found.")],
    [
      'no-package-manager',
      call('deps', 'this host lacks tar and has none of apt-get, dnf, yum, apk, zypper to bring it'),
    ],
    [
      'package-sources-unreachable',
      packages(
        'W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Could not connect to deb.debian.org:80 (151.101.2.132), connection timed out',
      ),
    ],
    [
      'package-sources-unreachable',
      packages(
        "Curl error (28): Timeout was reached for http://mirror/repodata/repomd.xml [Connection timed out after 15001 milliseconds]\nError: Failed to download metadata for repo 'baseos': Cannot download repomd.xml",
      ),
    ],
    [
      'package-sources-unreachable',
      packages(
        'WARNING: fetching https://dl-cdn.alpinelinux.org/alpine/v3.18/main: network error (check Internet connection and firewall)',
      ),
    ],
    [
      'package-sources-unreachable',
      packages("Timeout exceeded when accessing 'http://download.opensuse.org/repomd.xml'."),
    ],
    [
      'package-manager-slow',
      call('deps', 'this host lacks curl and dnf could not bring it (exit code 124): it did not end within 300 s'),
    ],
    ['commands-missing', call('deps', 'this host lacks tar; under NODEMAN_ROOT nothing is installed')],
    ['commands-missing', { ...call('download', 'this host has neither curl nor wget'), errCode: 'COMMAND_NOT_FOUND' }],
  ],
);
