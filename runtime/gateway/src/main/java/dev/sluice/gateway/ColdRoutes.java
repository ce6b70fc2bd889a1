package dev.sluice.gateway;

import dev.sluice.core.scan.Api;
import dev.sluice.gateway.stream.Dialect;
import dev.sluice.gateway.stream.Errors;
import dev.sluice.gateway.stream.GatewayError;
import dev.sluice.gateway.tenant.Tenant;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Everything on the tenants' port that is not a hot route: models, health, and what does not exist. */
final class ColdRoutes {
    private static final io.helidon.http.HeaderName ID = HeaderNames.create("x-sluice-id");
    private static final io.helidon.http.HeaderName CLIENT_ID = HeaderNames.create("x-request-id");
    private static final io.helidon.http.HeaderName SOURCE = HeaderNames.create("x-sluice-error-source");

    private static final io.helidon.http.HeaderName API_KEY = HeaderNames.create("x-api-key");

    private final Gateway gateway;

    ColdRoutes(Gateway gateway) {
        this.gateway = gateway;
    }

    void register(HttpRouting.Builder routing) {
        routing.addFilter((chain, request, response) -> {
            named(request, response);
            chain.proceed();
        });
        routing.get("/livez", (request, response) -> text(response, Status.OK_200, "ok"));
        routing.get("/readyz", this::ready);
        routing.get("/v1/models", this::models);
        routing.get("/v1/models/{name:.+}", this::model);
        routing.any(this::nothing);
    }

    /** What every response carries. */
    private void named(ServerRequest request, ServerResponse response) {
        LiveState runtime = gateway.runtime();
        response.header(ID, runtime.ids.text(runtime.ids.next()));
        request.headers().value(CLIENT_ID).filter(Exchange::sane).ifPresent(id -> response.header(CLIENT_ID, id));
    }

    private void ready(ServerRequest request, ServerResponse response) {
        Optional<String> reason = gateway.notReady();
        text(response, reason.isEmpty() ? Status.OK_200 : Status.SERVICE_UNAVAILABLE_503, reason.orElse("ready"));
    }

    private static void text(ServerResponse response, Status status, String text) {
        response.status(status).header(HeaderNames.CONTENT_TYPE, "text/plain").send(text + "\n");
    }

    private void models(ServerRequest request, ServerResponse response) {
        models(request, response, models -> json(response, Status.OK_200, ModelsPage.list(models)));
    }

    /** What the caller may use, or why it may not ask. */
    private void models(ServerRequest request, ServerResponse response, Consumer<Set<String>> then) {
        LiveState.Settings settings = gateway.runtime().settings;
        try {
            Tenant tenant = settings.tenants().open()
                    ? Tenant.EVERYBODY
                    : Callers.of(settings.tenants(), key(request)).tenant();
            then.accept(TenantRoutes.models(settings, tenant));
        } catch (Refused refused) {
            if (refused.error() == GatewayError.INVALID_API_KEY) {
                response.header(HeaderNames.WWW_AUTHENTICATE, "Bearer");
            }
            if (refused.retryAfterSeconds() > 0) {
                response.header(HeaderNames.RETRY_AFTER, Integer.toString(refused.retryAfterSeconds()));
            }
            error(response, refused.error(), refused.text(), Dialect.OPENAI_CHAT);
        }
    }

    private static String key(ServerRequest request) {
        return Credentials.of(
                request.headers().values(HeaderNames.AUTHORIZATION),
                request.headers().values(API_KEY));
    }

    private void model(ServerRequest request, ServerResponse response) {
        String name = request.path().pathParameters().get("name");
        models(request, response, models -> {
            Optional<String> model = ModelsPage.one(models, name);
            if (model.isPresent()) {
                json(response, Status.OK_200, model.get());
            } else {
                error(
                        response,
                        GatewayError.MODEL_NOT_FOUND,
                        "The model `" + name + "` does not exist.",
                        Dialect.OPENAI_CHAT);
            }
        });
    }

    private void nothing(ServerRequest request, ServerResponse response) {
        String path = request.path().rawPath();
        Optional<Api> api = Api.of(path);
        boolean anthropic = api.filter(Api::anthropic).isPresent();
        Dialect dialect = anthropic ? Dialect.ANTHROPIC : Dialect.OPENAI_CHAT;
        boolean known = api.isPresent() || path.equals("/livez") || path.equals("/readyz") || path.equals("/v1/models");
        if (known) {
            String allow = api.isPresent() ? "POST" : "GET";
            response.header(HeaderNames.ALLOW, allow);
            error(response, GatewayError.METHOD_NOT_ALLOWED, "This path takes " + allow + " only.", dialect);
        } else {
            error(response, GatewayError.NOT_FOUND, "There is nothing at this path.", dialect);
        }
    }

    private void error(ServerResponse response, GatewayError error, String message, Dialect dialect) {
        response.header(SOURCE, "gateway");
        gateway.runtime().meters.lane("", Tenant.ANONYMOUS, "").refused(error.status(), error.code());
        json(
                response,
                Status.create(error.status()),
                new String(Errors.body(dialect, error, message), StandardCharsets.UTF_8));
    }

    private static void json(ServerResponse response, Status status, String body) {
        response.status(status)
                .header(HeaderNames.CONTENT_TYPE, "application/json")
                .send(body);
    }
}
