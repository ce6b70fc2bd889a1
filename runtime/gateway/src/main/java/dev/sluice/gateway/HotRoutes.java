package dev.sluice.gateway;

import dev.sluice.core.scan.Api;
import dev.sluice.gateway.http.ClientExchange;
import dev.sluice.gateway.http.HeaderBlock;
import dev.sluice.gateway.http.HotHandler;
import dev.sluice.gateway.http.RequestHead;
import dev.sluice.gateway.stream.Dialect;
import dev.sluice.gateway.stream.Errors;
import dev.sluice.gateway.stream.GatewayError;
import dev.sluice.gateway.tenant.Tenant;
import java.io.IOException;

/** The tenants' POST routes: each request becomes an {@link Exchange}. */
final class HotRoutes implements HotHandler {
    private static final Api[] APIS = Api.values();

    private final LiveState runtime;

    HotRoutes(LiveState runtime) {
        this.runtime = runtime;
    }

    @Override
    public boolean hot(RequestHead head) {
        return head.methodIs("POST") && find(head) >= 0;
    }

    private static int find(RequestHead head) {
        for (int i = 0; i < APIS.length; i++) {
            if (head.pathIs(APIS[i].path())) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public void handle(ClientExchange client) throws IOException, InterruptedException {
        new Exchange(runtime, client, APIS[find(client.head())]).run();
    }

    @Override
    public byte[] errorBody(int status, String message) {
        return Errors.body(Dialect.OPENAI_CHAT, error(status), message);
    }

    @Override
    public void errorHeaders(int status, HeaderBlock headers) {
        headers.add("x-sluice-id", runtime.ids.text(runtime.ids.next())).add("x-sluice-error-source", "gateway");
        if (status == 503) {
            headers.add("retry-after", "1");
        }
        runtime.meters
                .lane("", Tenant.ANONYMOUS, "")
                .refused(status, error(status).code());
    }

    /** Our error for a status that the connection itself found. */
    static GatewayError error(int status) {
        return switch (status) {
            case 408 -> GatewayError.REQUEST_TIMEOUT;
            case 413 -> GatewayError.REQUEST_TOO_LARGE;
            case 415 -> GatewayError.UNSUPPORTED_ENCODING;
            case 431 -> GatewayError.HEADERS_TOO_LARGE;
            case 500 -> GatewayError.INTERNAL;
            case 503 -> GatewayError.OVERLOADED;
            default -> GatewayError.INVALID_REQUEST;
        };
    }
}
