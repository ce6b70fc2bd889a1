package dev.sluice.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.regex.Pattern;

/**
 * Routes that a real server has only when it is told so: sleeping, pausing and forgetting ({@code VLLM_SERVER_DEV_MODE}), and
 * loading of adapters ({@code VLLM_ALLOW_RUNTIME_LORA_UPDATING}).
 */
final class DevRoutes {
    private static final Pattern LEVEL = Pattern.compile("(?:^|&)level=(\\d+)");
    private final Service service;

    DevRoutes(Service service) {
        this.service = service;
    }

    /** What runs is aborted, the cache is dropped, and from now on requests hang without an error. */
    void sleep(Reply reply) throws IOException {
        var matcher = LEVEL.matcher(reply.request().query());
        var level = matcher.find() ? Integer.parseInt(matcher.group(1)) : 1;
        service.driver.sleep(level);
        reply.json(200, "{\"status\":\"sleeping\",\"level\":" + level + "}");
    }

    void wakeUp(Reply reply) throws IOException {
        service.driver.wakeUp();
        reply.json(200, "{\"status\":\"awake\",\"tags\":null}");
    }

    void isSleeping(Reply reply) throws IOException {
        reply.json(200, "{\"is_sleeping\":" + (service.driver.sleepLevel() > 0) + "}");
    }

    void pause(Reply reply) throws IOException {
        service.driver.pause(true);
        reply.json(200, "{\"status\":\"paused\"}");
    }

    void resume(Reply reply) throws IOException {
        service.driver.pause(false);
        reply.json(200, "{\"status\":\"resumed\"}");
    }

    void isPaused(Reply reply) throws IOException {
        reply.json(200, "{\"is_paused\":" + service.driver.isPaused() + "}");
    }

    /** Fails, as in vLLM, while any block is in use. */
    void resetPrefixCache(Reply reply) throws IOException {
        reply.json(200, "{\"success\":" + service.driver.with(Engine::resetCache) + "}");
    }

    void loadAdapter(Reply reply) throws IOException {
        var body = Json.body(reply.request());
        var name = text(body, "lora_name");
        var path = text(body, "lora_path");
        service.adapters.load(name, path, body.path("load_inplace").asBoolean(false));
        success(reply, name, "added");
    }

    void unloadAdapter(Reply reply) throws IOException {
        var name = text(Json.body(reply.request()), "lora_name");
        service.adapters.unload(name);
        success(reply, name, "removed");
    }

    private static String text(ObjectNode body, String field) {
        if (!body.path(field).isTextual()) {
            throw Json.missing(body, field);
        }
        return body.path(field).asText();
    }

    /** Plain text without a type, as captured. */
    private static void success(Reply reply, String name, String what) throws IOException {
        reply.whole(200, "", Json.utf8("Success: LoRA adapter '" + name + "' " + what + " successfully."));
    }
}
