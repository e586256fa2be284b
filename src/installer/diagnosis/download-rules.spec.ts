import { call, fetched, packages, provedBy } from '../../../test/support/failure-words.js';
import { NETWORK_RULES, DOWNLOAD_RULES } from './download-rules.js';

provedBy(
  [...NETWORK_RULES, ...DOWNLOAD_RULES],
  [
    ['http-proxy-refuses', packages('curl: (5) Could not resolve proxy: proxy.corp.example')],
    ['http-proxy-refuses', packages('curl: (56) Received HTTP code 407 from proxy after CONNECT')],
    ['http-proxy-refuses', packages('Proxy request sent, awaiting response... 407 Proxy Authentication Required')],
    ['dns-failure', fetched('curl: (6) Could not resolve host: files.example.com')],
    ['dns-failure', fetched('wget: unable to resolve host address ‘files.example.com’')],
    ['dns-failure', fetched("wget: bad address 'files.example.com'")],
    ['dns-failure', fetched('', 'the name cannot be resolved (curl exit code 6: it)')],
    [
      'dns-failure',
      packages("Err:1 http://deb.debian.org/debian bookworm InRelease\n  Temporary failure resolving 'deb.debian.org'"),
    ],
    ['dns-failure', fetched('failed: Temporary failure in name resolution.')],
    ['clock-wrong', call('install', '1 of 9 checks failed: clock', "612 s behind the server's")],
    ['certificate-not-yet-valid', fetched('curl: (60) SSL certificate problem: certificate is not yet valid')],
    [
      'certificate-not-yet-valid',
      fetched("ERROR: cannot verify x's certificate, issued by ‘CN=R3’:\n  Issued certificate not yet valid."),
    ],
    ['certificate-expired', fetched('curl: (60) SSL certificate problem: certificate has expired')],
    [
      'certificate-expired',
      packages(
        'Certificate verification failed: The certificate is NOT trusted. The certificate chain uses expired certificate.',
      ),
    ],
    ['certificate-not-trusted', fetched('curl: (60) SSL certificate problem: unable to get local issuer certificate')],
    [
      'certificate-not-trusted',
      fetched('curl: (60) SSL certificate problem: self-signed certificate in certificate chain'),
    ],
    ['certificate-not-trusted', fetched("  Unable to locally verify the issuer's authority.")],
    ['tls-handshake-failed', fetched('curl: (35) error:0A00010B:SSL routines::wrong version number')],
    ['tls-handshake-failed', fetched('Unable to establish SSL connection.')],
    [
      'file-servers-not-set',
      {
        ...{ step: 'INIT', errCode: 'CURL_FILE_FAILED' },
        happened:
          'There is no address that the host could fetch the package from: inner_ip of the nginx setting is empty',
      },
    ],
    [
      'package-missing',
      {
        ...{ step: 'DOWNLOAD_FILE', errCode: 'CURL_FILE_FAILED' },
        happened: 'The server has no package nodeman-agent for this host (linux/riscv64)',
      },
    ],
    [
      'captive-portal',
      fetched('<!DOCTYPE html><html><head><title>Login</title>', 'wrong checksum: SHA-256 is ab, not cd'),
    ],
    ['wrong-checksum', fetched('', 'wrong checksum: SHA-256 is ab, not cd')],
    ['file-server-401', fetched('curl: (22) The requested URL returned error: 401')],
    [
      'file-server-401',
      fetched('HTTP request sent, awaiting response... 401 Unauthorized\n\nUsername/Password Authentication Failed.'),
    ],
    ['file-server-403', fetched('2024-01-01 10:00:00 ERROR 403: Forbidden.')],
    ['file-server-404', fetched('', 'the server answered HTTP 404')],
    ['file-server-404', fetched('wget: server returned error: HTTP/1.1 404 Not Found')],
    ['file-server-5xx', fetched('curl: (22) The requested URL returned error: 502')],
    ['file-server-5xx', fetched('wget: server returned error: HTTP/1.0 503 Service Unavailable')],
    [
      'behind-http-proxy',
      call(
        'download',
        'no server gave agent.tgz: 10.0.0.1:80: timed out (curl exit code 28: it)',
        'a proxy is set in the environment; it is not used for our servers\ndownloading http://10.0.0.1:80/download/agent.tgz with curl',
      ),
    ],
    ['transfer-cut', fetched('curl: (18) transfer closed with 1234 bytes remaining to read')],
    ['transfer-cut', fetched('curl: (52) Empty reply from server')],
    ['transfer-cut', fetched('2024-01-01 10:00:00 (1 MB/s) - Connection closed at byte 65536. Giving up.')],
    ['transfer-cut', fetched('wget: connection closed prematurely')],
    [
      'transfer-slow',
      fetched('curl: (28) Operation too slow. Less than 512 bytes/sec transferred the last 15 seconds'),
    ],
    ['transfer-slow', fetched('', 'not done within 300 s (wget exit code 124: it)')],
    [
      'file-server-refused',
      fetched(
        "curl: (7) Failed to connect to 10.0.0.1 port 80 after 1 ms: Couldn't connect to server",
        'no connection: refused or unreachable (curl exit code 7: it)',
      ),
    ],
    ['file-server-refused', fetched("wget: can't connect to remote host (10.0.0.1): Connection refused")],
    ['file-server-unreachable', fetched('connect to 10.0.0.1 port 80 failed: No route to host')],
    ['file-server-unreachable', fetched('failed: Network is unreachable.')],
    [
      'file-server-no-answer',
      fetched(
        'curl: (28) Failed to connect to 10.0.0.1 port 80 after 5001 ms: Timeout was reached',
        'timed out (curl exit code 28: it)',
      ),
    ],
    ['file-server-no-answer', fetched('wget: download timed out')],
  ],
);
