package dev.sluice.app.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What each proxy is told: one core, connections kept, streams passed on at once, no logs. */
final class Configs {
    /** The name under which the backends serve. */
    static final String MODEL = "test-model";

    private Configs() {}

    /**
     * For HAProxy.
     *
     * @param bufferSize {@code tune.bufsize} in bytes, or 0 for HAProxy's own default
     */
    static String haproxy(int port, List<Integer> backends, int bufferSize) {
        String tune = bufferSize == 0 ? "" : "  tune.bufsize " + bufferSize + "\n";
        String servers = IntStream.range(0, backends.size())
                .mapToObj(i -> "  server s%d 127.0.0.1:%d%n".formatted(i, backends.get(i)))
                .collect(Collectors.joining());
        return """
                global
                  nbthread 1
                  maxconn 9000
                %sdefaults
                  mode http
                  option http-no-delay
                  timeout connect 5s
                  timeout client 300s
                  timeout server 300s
                  http-reuse always
                frontend clients
                  bind 127.0.0.1:%d
                  default_backend engines
                backend engines
                  balance roundrobin
                %s""".formatted(tune, port, servers);
    }

    /** For nginx, as one process. */
    static String nginx(int port, List<Integer> backends, Path directory) {
        String servers =
                backends.stream().map("    server 127.0.0.1:%d;%n"::formatted).collect(Collectors.joining());
        return """
                daemon off;
                master_process off;
                pid %1$s/nginx.pid;
                error_log stderr error;
                events { worker_connections 9000; }
                http {
                  access_log off;
                  client_body_temp_path %1$s/nginx-body;
                  proxy_temp_path %1$s/nginx-proxy;
                  fastcgi_temp_path %1$s/nginx-fastcgi;
                  uwsgi_temp_path %1$s/nginx-uwsgi;
                  scgi_temp_path %1$s/nginx-scgi;
                  keepalive_requests 1000000000;
                  client_max_body_size 64m;
                  client_body_buffer_size 1m;
                  upstream engines {
                %2$s    keepalive 512;
                    keepalive_requests 1000000000;
                  }
                  server {
                    listen 127.0.0.1:%3$d;
                    location / {
                      proxy_pass http://engines;
                      proxy_http_version 1.1;
                      proxy_set_header Connection "";
                      proxy_buffering off;
                      proxy_read_timeout 300s;
                    }
                  }
                }
                """.formatted(directory, servers, port);
    }

    /** For Sluice: everything by default. */
    static String sluice(int port, int adminPort, List<Integer> backends) {
        String endpoints = backends.stream()
                .map("      - {url: \"http://127.0.0.1:%d\"}%n"::formatted)
                .collect(Collectors.joining());
        return """
                server: {host: 127.0.0.1, port: %d, admin: {port: %d}}
                pools:
                  - name: bench
                    models: [%s]
                    endpoints:
                %s""".formatted(port, adminPort, MODEL, endpoints);
    }
}
