import type { ErrCode } from '../../common/vocabulary/err-codes.js';
import { type Rule, rule } from './rule.js';

/** Where the words of a download tool are about our file servers. */
const FROM_US: readonly ErrCode[] = ['CURL_FILE_FAILED', 'WAIT_AGENT_TIMEOUT', 'INSTALL_FAILED'];
const NGINX_SETTING = 'POST /api/config/kv/ (key=nginx)';

/** Names, clocks and certificates: what any download may break on. */
export const NETWORK_RULES: readonly Rule[] = [
  rule(
    'http-proxy-refuses',
    {
      words:
        /Could not resolve proxy|HTTP code 40[37] from proxy|407 Proxy Authentication|Proxy (CONNECT aborted|tunneling failed)|Error parsing proxy URL|Unable to connect to proxy|\b407\b.*[Pp]roxy/,
    },
    [
      '主机环境中设置的 HTTP 代理不可用或拒绝了请求',
      'The HTTP proxy that is set on the host does not work, or refuses',
    ],
    [
      '修正或去掉代理设置（http_proxy、/etc/environment、apt 的 Acquire::http::Proxy、yum.conf 的 proxy）后重试',
      'Mend or remove the proxy (http_proxy, /etc/environment, Acquire::http::Proxy of apt, proxy in yum.conf), then retry',
    ],
  ),
  rule(
    'clock-wrong',
    { words: /\d+ s (behind|ahead of) the server's/ },
    ['主机的时间与服务端相差太大', "The host's clock is too far from the server's"],
    [
      '校准主机时间（chronyc makestep、ntpdate，启用 NTP）后重试',
      'Set the clock of the host (chronyc makestep, ntpdate) and enable NTP, then retry',
    ],
  ),
  rule(
    'certificate-not-yet-valid',
    {
      words:
        /certificate is not yet valid|[Ii]ssued certificate not yet valid|chain uses not yet valid|not yet activated/,
    },
    [
      '主机的时间偏慢，TLS 证书在它看来尚未生效',
      "The host's clock is behind: to it, TLS certificates are not valid yet",
    ],
    [
      '校准主机时间（chronyc makestep、ntpdate，启用 NTP）后重试',
      'Set the clock of the host (chronyc makestep, ntpdate) and enable NTP, then retry',
    ],
  ),
  rule(
    'certificate-expired',
    { words: /certificate has expired|chain uses expired certificate|[Cc]ertificate.*\bexpired\b/ },
    ['TLS 证书已过期，或主机的时间偏快', "A TLS certificate has expired, or the host's clock is ahead"],
    [
      '先校准主机时间；若时间正确，更新证书（或主机的 ca-certificates）后重试',
      'Set the clock of the host first; if it is right, renew the certificate (or ca-certificates of the host), then retry',
    ],
  ),
  rule(
    'certificate-not-trusted',
    {
      words:
        /unable to get (local )?issuer certificate|self[- ]signed certificate|locally verify the issuer's authority|unknown authority|certificate issuer is (unknown|not recognized)|[Ii]ssuer is not recognized|certificate verify failed|error setting certificate (file|verify locations)|certificate verification failed/,
    },
    [
      '主机不信任对方的 TLS 证书（内部 CA，或缺少 ca-certificates）',
      'The host does not trust the TLS certificate: a CA of your own, or ca-certificates lacks',
    ],
    [
      '在主机上安装 ca-certificates 和签发该证书的 CA 后重试',
      'Install ca-certificates, and the CA that issued the certificate, on the host, then retry',
    ],
  ),
  rule(
    'tls-handshake-failed',
    {
      words:
        /handshake failure|SSL connect error|wrong version number|unsupported protocol|Unable to establish SSL connection|curl exit code 35\b|curl: \(35\)/,
    },
    [
      'TLS 握手失败：版本或算法不匹配，或对方不是 HTTPS',
      'The TLS handshake failed: no version or cipher that both know, or the other side speaks no HTTPS',
    ],
    [
      '更新主机的 curl、openssl；检查日志中的地址是否为 HTTPS',
      'Update curl and openssl on the host; see whether the address in the log speaks HTTPS',
    ],
  ),
  rule(
    'dns-failure',
    {
      words:
        /^(?!.*sudo: unable to resolve host).*(the name cannot be resolved|Could not resolve( host)?\b|Temporary failure (in name resolution|resolving)|Name or service not known|unable to resolve host address|bad address '|Name does not resolve|nodename nor servname|host not found in upstream)/m,
    },
    [
      '主机无法解析域名（DNS 未配置或不可用）',
      'The host cannot resolve names: its DNS is not set up, or does not answer',
    ],
    [
      '检查主机的 /etc/resolv.conf 和到 DNS 服务器的网络；或在 nginx 配置中改用 IP 地址',
      'Check /etc/resolv.conf and the way to the DNS servers; or use IP addresses in the nginx setting',
    ],
  ),
];

/** What became of the package on its way. */
export const DOWNLOAD_RULES: readonly Rule[] = [
  rule(
    'file-servers-not-set',
    { words: /inner_ip of the nginx setting is empty/ },
    ['nginx 配置中没有文件服务器的地址', 'The nginx setting names no file server'],
    [`用 ${NGINX_SETTING} 设置 inner_ip 后重试`, `Set inner_ip with ${NGINX_SETTING}, then retry`],
  ),
  rule(
    'package-missing',
    { words: /The server has no package / },
    ['服务端没有适用于该系统和架构的安装包', 'There is no package for this system and architecture on the server'],
    ['用 POST /api/packages/ 上传后重试', 'Upload one with POST /api/packages/, then retry'],
  ),
  rule(
    'captive-portal',
    { errCodes: ['CURL_FILE_FAILED'], words: /<!doctype html|<html|looks like (a web page|HTML)/i },
    [
      '下载到的是网页而不是安装包：网络中的认证页面、透明代理或别的网站应答了请求',
      'A web page came instead of the package: a login portal, a transparent proxy or another site answered',
    ],
    [
      '检查 nginx 配置中的地址确为本服务，并让主机绕过认证网关或代理',
      'See that the addresses of the nginx setting are those of this server, and let the host pass by the portal or proxy',
    ],
  ),
  rule(
    'wrong-checksum',
    { words: /wrong checksum|in the cache, or its checksum is wrong|checksum (mismatch|does not match)/ },
    [
      '文件在传输或缓存中损坏，或文件服务器上是旧的、被改动的文件',
      'The file was damaged on its way or in a cache, or the file server has an old or changed one',
    ],
    [
      '清除沿途的缓存，核对文件服务器上的安装包（sha256）后重试',
      'Empty the caches on the way, compare the package on the file server (sha256), then retry',
    ],
  ),
  rule(
    'file-server-401',
    {
      errCodes: FROM_US,
      words: /answered HTTP 401|returned error: 401|ERROR 401|HTTP\/1\.\d 401|Authentication Failed\./,
    },
    ['文件服务器要求登录', 'The file server demands a login'],
    [
      '在文件服务器（nginx）上为 /download/ 关闭认证后重试',
      'Turn authentication off for /download/ on the file server (nginx), then retry',
    ],
  ),
  rule(
    'file-server-403',
    { errCodes: FROM_US, words: /answered HTTP 403|returned error: 403|ERROR 403|HTTP\/1\.\d 403/ },
    [
      '文件服务器拒绝该主机访问（allow/deny 规则、WAF，或文件权限）',
      'The file server refuses this host: its allow and deny rules, a firewall for HTTP, or the modes of the files',
    ],
    [
      '在文件服务器（nginx）上放行该主机的地址，并检查文件权限后重试',
      'Allow the address of the host on the file server (nginx), look at the modes of the files, then retry',
    ],
  ),
  rule(
    'file-server-404',
    { errCodes: FROM_US, words: /answered HTTP (404|410)|returned error: 404|ERROR 404|HTTP\/1\.\d 404/ },
    [
      '文件服务器上没有该安装包，或 /download/ 没有转发到本服务',
      'The file server does not have the package, or does not pass /download/ on to this server',
    ],
    [
      '核对 nginx 的 /download/ 配置和 nginx 设置中的地址后重试',
      'Look at /download/ in the configuration of nginx and at the addresses of the nginx setting, then retry',
    ],
  ),
  rule(
    'file-server-5xx',
    { errCodes: FROM_US, words: /answered HTTP 5\d\d|returned error: 5\d\d|ERROR 5\d\d|HTTP\/1\.\d 5\d\d/ },
    ['文件服务器自身出错，或它后面的 API 没有运行', 'The file server itself fails, or the API behind it does not run'],
    [
      '检查 nginx 的错误日志和 GET /api/health/ready 后重试',
      'Read the error log of nginx, see GET /api/health/ready, then retry',
    ],
  ),
  rule(
    'behind-http-proxy',
    {
      errCodes: FROM_US,
      words:
        /a proxy is set in the environment[^]*(refused|unreachable|timed out|No route|no connection)|(refused|unreachable|timed out|No route|no connection)[^]*a proxy is set in the environment/,
    },
    [
      '主机设置了 HTTP 代理，说明它可能没有直接的出口；下载和上报不使用代理，而直接访问又不通',
      'The host uses an HTTP proxy, so that it may have no direct way out; downloads and reports do not use it, and the direct way fails',
    ],
    [
      '放通主机到 nginx 配置中各地址的直接访问，或在该区域安装 PROXY 后重试',
      'Open the direct way from the host to the addresses of the nginx setting, or put a PROXY into its area, then retry',
    ],
  ),
  rule(
    'transfer-cut',
    {
      errCodes: FROM_US,
      words:
        /broke off the transfer|transfer closed with|Empty reply from server|Recv failure|Connection closed at byte|Read error at byte|connection closed prematurely|error getting response/,
    },
    [
      '传输中途被切断：网络不稳、中间设备断开，或文件服务器重启',
      'The transfer was cut: a shaky network, a device on the way, or a file server that restarted',
    ],
    ['检查网络和文件服务器后重试', 'Look at the network and the file server, then retry'],
  ),
  rule(
    'transfer-slow',
    { errCodes: FROM_US, words: /not done within \d+ s|Operation too slow/ },
    ['网络太慢，下载没有在时限内完成', 'The network is too slow for the download to end in its time'],
    [
      '检查主机到文件服务器的带宽，或在该区域安装 PROXY 作缓存后重试',
      'Look at the bandwidth between the host and the file server, or put a caching PROXY into its area, then retry',
    ],
  ),
  rule(
    'file-server-refused',
    { errCodes: FROM_US, words: /[Cc]onnection refused|refused or unreachable/ },
    [
      '文件服务器的端口上没有服务在监听，或防火墙主动拒绝',
      "Nothing listens on the file server's port, or a firewall rejects the connection",
    ],
    [
      '检查文件服务器是否在运行，以及 nginx 配置中的地址和端口后重试',
      'See that the file server runs; check the nginx setting, its addresses and ports, then retry',
    ],
  ),
  rule(
    'file-server-unreachable',
    { errCodes: FROM_US, words: /[Nn]o route to host|is unreachable|Network (is )?unreachable/ },
    ['主机没有到文件服务器的路由', 'The host has no route to the file server'],
    [
      '检查主机的路由，或在该区域安装 PROXY 后重试；并检查 nginx 配置',
      'Check the routes of the host and the nginx setting, or put a PROXY into its area, then retry',
    ],
  ),
  rule(
    'file-server-no-answer',
    { errCodes: FROM_US, words: /timed out|Connection timeout|download timed/ },
    [
      '文件服务器没有应答：防火墙丢弃了报文，或地址有误',
      'The file server does not answer: a firewall drops the packets, or the address is wrong',
    ],
    [
      '放通主机到 nginx 配置中各地址的网络后重试',
      'Open the way from the host to the addresses of the nginx setting, then retry',
    ],
  ),
];
