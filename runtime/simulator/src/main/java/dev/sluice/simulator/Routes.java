package dev.sluice.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.events.EventStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** Which request goes where, and what a request that goes nowhere is told. */
final class Routes {
    /** Answers one request. */
    interface Handler {
        void answer(Reply reply) throws IOException, InterruptedException;
    }

    private static final Set<String> MANAGEMENT = Set.of(
            "/ping",
            "/sleep",
            "/wake_up",
            "/pause",
            "/resume",
            "/reset_prefix_cache",
            "/v1/load_lora_adapter",
            "/v1/unload_lora_adapter");
    private static final String RESPONSE_BY_ID = "/v1/responses/{response_id}";
    private final SimulatorServer server;
    private final Service service;
    private final MetricsPage metrics;
    private final Map<String, Map<String, Handler>> table = new TreeMap<>();

    Routes(SimulatorServer server, Service service) {
        this.server = server;
        this.service = service;
        metrics = new MetricsPage(service);
        var all = service.options.task().equals("all");
        if (all || service.options.task().equals("generate")) {
            var openAi = new OpenAiRoutes(service);
            post("/v1/chat/completions", openAi::chat);
            post("/v1/completions", openAi::completion);
            post("/invocations", openAi::invocation);
            var messages = new MessagesRoutes(service);
            post("/v1/messages", messages::create);
            post("/v1/messages/count_tokens", messages::count);
            var responses = new ResponsesRoutes(service);
            post("/v1/responses", responses::create);
            get(RESPONSE_BY_ID, responses::get);
            post("/inference/v1/generate", new TokenRoutes(service)::generate);
            var render = new RenderRoutes(service);
            post("/v1/chat/completions/render", render::chat);
            post("/v1/completions/render", render::completion);
            post("/v1/messages/render", render::messages);
            post("/v1/responses/render", render::responses);
        }
        if (all || service.options.task().equals("embed")) {
            var pooling = new PoolingRoutes(service);
            post("/v1/embeddings", pooling::embeddings);
            post("/pooling", pooling::pooling);
        }
        if (all || service.options.task().equals("score")) {
            var pooling = new PoolingRoutes(service);
            for (var path : List.of("/score", "/v1/score")) {
                post(path, pooling::score);
            }
            for (var path : List.of("/rerank", "/v1/rerank", "/v2/rerank")) {
                post(path, pooling::rerank);
            }
        }
        development();
        var tokens = new TokenRoutes(service);
        post("/tokenize", tokens::tokenize);
        post("/detokenize", tokens::detokenize);
        get("/v1/models", this::models);
        get("/health", this::health);
        get("/ping", this::health);
        post("/ping", this::health);
        get("/version", reply -> reply.json(200, "{\"version\":\"" + Service.VERSION + "\"}"));
        get("/load", reply -> reply.json(200, "{\"server_load\":" + service.load.get() + "}"));
        get("/metrics", this::metrics);
        post("/debug/faults", this::setFaults);
        get("/debug/state", reply -> reply.json(200, state()));
        get(
                "/kv_event_sources",
                reply -> reply.json(
                        200,
                        "{\"" + service.options.events().rank() + "\":"
                                + server.options().events().json() + "}"));
        get("/debug/kv", reply -> reply.json(200, kv()));
    }

    private void development() {
        var dev = new DevRoutes(service);
        if (service.options.devMode()) {
            post("/sleep", dev::sleep);
            post("/wake_up", dev::wakeUp);
            get("/is_sleeping", dev::isSleeping);
            post("/pause", dev::pause);
            post("/resume", dev::resume);
            get("/is_paused", dev::isPaused);
            post("/reset_prefix_cache", dev::resetPrefixCache);
        }
        if (service.options.runtimeLora()) {
            post("/v1/load_lora_adapter", dev::loadAdapter);
            post("/v1/unload_lora_adapter", dev::unloadAdapter);
        }
    }

    private void get(String path, Handler handler) {
        table.computeIfAbsent(path, p -> new TreeMap<>()).put("GET", handler);
    }

    private void post(String path, Handler handler) {
        table.computeIfAbsent(path, p -> new TreeMap<>()).put("POST", handler);
    }

    /** Reads and answers the next request of a connection; false when it was the last. */
    boolean answer(Connection connection) throws IOException, InterruptedException {
        var request = connection.read();
        var begun = System.nanoTime();
        var path = request.path().startsWith("/v1/responses/") && !table.containsKey(request.path())
                ? RESPONSE_BY_ID
                : request.path();
        var methods = table.getOrDefault(path, Map.of());
        var handler = Optional.ofNullable(methods.get(request.method()));
        var inference = request.method().equals("POST") && handler.isPresent() && isInference(request.path());
        var fault = inference ? service.faults.strike(request.path()) : Optional.<Faults.Rule>empty();
        var reply = new Reply(connection, request, responseId(request), fault);
        if (inference) {
            service.load.incrementAndGet();
        }
        try {
            if (handler.isPresent()) {
                reply.begin();
                rank(request);
                handler.get().answer(reply);
            } else if (methods.isEmpty()) {
                reply.json(404, "{\"detail\":\"Not Found\"}");
            } else {
                reply.json(405, "{\"detail\":\"Method Not Allowed\"}", "allow", String.join(", ", methods.keySet()));
            }
        } catch (ApiException e) {
            fail(reply, e);
        } catch (StalledException e) {
            connection.awaitGone();
            return false;
        } finally {
            if (inference) {
                service.load.decrementAndGet();
            }
            service.http.count(
                    methods.isEmpty() ? "none" : path,
                    request.method(),
                    reply.status(),
                    request.body().length,
                    reply.sent(),
                    System.nanoTime() - begun);
        }
        return reply.keepAlive();
    }

    /** One engine is data-parallel rank 0; a rank that is no number is ignored. */
    private static void rank(HttpRequest request) {
        var rank = request.header("x-data-parallel-rank");
        if (rank.matches("-?\\d{1,9}") && !rank.equals("0")) {
            throw ApiException.bad("data_parallel_rank " + rank + " is out of range [0, 1).", "");
        }
    }

    private static boolean isInference(String path) {
        return !path.startsWith("/debug/") && !MANAGEMENT.contains(path);
    }

    /** Once a stream has begun its status stands: the error is an event, and the end looks like any other. */
    private static void fail(Reply reply, ApiException e) throws IOException {
        var anthropic = reply.request().path().startsWith("/v1/messages");
        if (!reply.isOpen()) {
            // Schema errors keep OpenAI's shape on Anthropic's route, as in vLLM 0.32.
            if (anthropic && !e.type().equals("Bad Request")) {
                reply.json(e.status(), anthropicError(e));
            } else {
                reply.error(e);
            }
            return;
        }
        if (anthropic) {
            reply.lastWords("event: error\ndata: " + anthropicError(e) + "\n\n");
        } else {
            reply.lastWords("data: {\"error\": {\"message\": " + Json.quote(e.text()) + ", \"type\": "
                    + Json.quote(e.type()) + ", \"param\": null, \"code\": " + e.status() + "}}\n\n");
            reply.lastWords("data: [DONE]\n\n");
        }
        reply.end();
    }

    private static String anthropicError(ApiException e) {
        return "{\"type\":\"error\",\"error\":{\"type\":" + Json.quote(e.type()) + ",\"message\":"
                + Json.quote(e.text()) + "}}";
    }

    private String responseId(HttpRequest request) {
        if (!service.options.requestIdHeaders()) {
            return "";
        }
        var given = request.header("x-request-id");
        return given.isEmpty() ? UUID.randomUUID().toString().replace("-", "") : given;
    }

    private void health(Reply reply) throws IOException {
        reply.whole(service.driver.isDead() ? 503 : 200, "", new byte[0]);
    }

    private void models(Reply reply) throws IOException {
        var out = new StringBuilder("{\"object\":\"list\",\"data\":[");
        var names = service.models();
        for (var name : names) {
            model(out, name, "null", "" + service.profile.maxModelLen(), names.getFirst());
        }
        for (var adapter : service.adapters.all()) {
            model(out, adapter.name(), Json.quote(names.getFirst()), "null", adapter.path());
        }
        reply.json(200, out.append("]}").toString());
    }

    private void model(StringBuilder out, String id, String parent, String length, String root) {
        var created = service.created();
        out.append(out.charAt(out.length() - 1) == '[' ? "" : ",");
        out.append("{\"id\":")
                .append(Json.quote(id))
                .append(",\"object\":\"model\",\"created\":")
                .append(created);
        out.append(",\"owned_by\":\"vllm\",\"root\":")
                .append(Json.quote(root))
                .append(",\"parent\":")
                .append(parent);
        out.append(",\"max_model_len\":").append(length).append(",\"permission\":[{\"id\":\"modelperm-");
        out.append(service.newId())
                .append("\",\"object\":\"model_permission\",\"created\":")
                .append(created);
        out.append(",\"allow_create_engine\":false,\"allow_sampling\":true,\"allow_logprobs\":true,"
                + "\"allow_search_indices\":false,\"allow_view\":true,\"allow_fine_tuning\":false,\"organization\":\"*\","
                + "\"group\":null,\"is_blocking\":false}]}");
    }

    private void metrics(Reply reply) throws IOException {
        var type = "text/plain; version=1.0.0; charset=utf-8";
        switch (service.faults.metrics()) {
            case NORMAL -> reply.whole(200, type, Json.utf8(metrics.render(false)));
            case NAN -> reply.whole(200, type, Json.utf8(metrics.render(true)));
            case GARBAGE ->
                reply.whole(
                        200,
                        type,
                        "vllm:num_requests_running{ 1e999 \u0000}{\n\u00ff\u00fe"
                                .repeat(100)
                                .getBytes(StandardCharsets.ISO_8859_1));
            case ERROR -> reply.whole(500, "text/plain; charset=utf-8", Json.utf8("Internal Server Error"));
            case HANG -> {
                reply.connection().watch(() -> {});
                throw new StalledException();
            }
            case ENDLESS -> {
                reply.open();
                for (var i = 0L; ; i++) {
                    reply.event("vllm:endless_total{series=\"" + i + "\"} 1.0\n");
                }
            }
        }
    }

    private void setFaults(Reply reply) throws IOException {
        var body = Json.body(reply.request());
        try {
            service.faults.apply(body);
        } catch (IllegalArgumentException e) {
            throw ApiException.bad(String.valueOf(e.getMessage()), "");
        }
        if (body.has("slow")) {
            var factor = body.path("slow").asDouble();
            if (!(factor > 0)) {
                throw ApiException.bad("slow is above 0", "slow");
            }
            service.driver.with(engine -> {
                engine.slowDown(factor);
                return engine;
            });
        }
        if (body.has("kv_blocks")) {
            var blocks = body.path("kv_blocks").asInt();
            service.driver.with(engine -> {
                engine.resizeCache(blocks);
                return engine;
            });
        }
        if (body.has("lose_releases")) {
            service.driver
                    .exchanges()
                    .stats()
                    .loseReleases(body.path("lose_releases").asBoolean());
        }
        if (body.path("kv_events").isObject()) {
            service.driver.publisher().ifPresent(publisher -> eventFaults(publisher.stream(), body.path("kv_events")));
        }
        if (body.has("paused")) {
            service.driver.pause(body.path("paused").asBoolean());
        }
        reply.json(200, state());
        if (body.path("kill_engine").asBoolean(false)) {
            server.killEngine();
        }
    }

    private static void eventFaults(EventStream stream, JsonNode faults) {
        stream.drop(faults.path("drop").asInt(0));
        stream.lose(faults.path("lose").asInt(0));
        stream.garble(faults.path("garble").asInt(0));
        stream.lie(faults.path("lie").asInt(0));
        stream.shorten(faults.path("shorten").asInt(0));
        if (faults.path("restart").asBoolean(false)) {
            stream.restart();
        }
    }

    private String kv() {
        var json = service.driver.exchanges().json();
        service.driver.with(engine -> json.put("expired", engine.stats().expiredLeases())
                .put("external_tokens", engine.stats().externalHits())
                .put("dead", engine.isDead()));
        return json.toString();
    }

    private String state() {
        ObjectNode json = service.faults.json();
        service.driver.with(engine -> json.put("model", service.options.servedModel())
                .put("role", service.options.role().name().toLowerCase(Locale.ROOT))
                .put("profile", engine.profile().name())
                .put("running", engine.running())
                .put("waiting", engine.waiting())
                .put("in_flight", engine.inFlight())
                .put("kv_blocks", engine.kvBlocks())
                .put("kv_blocks_used", engine.kvBlocksUsed())
                .put("cached_blocks", engine.cachedBlocks())
                .put("evictions", engine.evictions())
                .put("preemptions", engine.stats().preemptions())
                .put("recomputed_tokens", engine.stats().recomputedTokens())
                .put("sleep_level", service.driver.sleepLevel())
                .put("prefix_queries", engine.stats().prefixQueries())
                .put("prefix_hits", engine.stats().prefixHits())
                .put("aborted", engine.stats().finished(FinishReason.ABORT)));
        return json.toString();
    }
}
