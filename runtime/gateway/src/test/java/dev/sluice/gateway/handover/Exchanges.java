package dev.sluice.gateway.handover;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BadBodyException;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.core.scan.BodyScanner;
import dev.sluice.core.scan.Edits;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.gateway.stream.JsonValues;
import dev.sluice.spi.Answer;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Leg;
import dev.sluice.spi.Part;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Role;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** What the tests of exchanges share: captured bytes, connectors as a configuration makes them, legs as engines get them. */
final class Exchanges {
    static final ObjectMapper JSON = new ObjectMapper();
    static final Endpoint PREFILL = new Endpoint("p", "10.0.0.1:8000", Role.PREFILL, Map.of());
    static final Endpoint DECODE = new Endpoint("d", "10.0.0.2:8000", Role.DECODE, Map.of());
    static final Endpoint SOURCE = new Endpoint("s", "10.0.0.9:8000", Role.BOTH, Map.of());

    private Exchanges() {}

    /** The body of a captured request or response, whose framing is by its length or chunks. */
    static String captured(String name) {
        String all = resource(name);
        int body = all.indexOf("\r\n\r\n") + 4;
        return all.substring(0, body).toLowerCase(java.util.Locale.ROOT).contains("transfer-encoding: chunked")
                ? chunks(all.substring(body))
                : all.substring(body);
    }

    private static String chunks(String framed) {
        byte[] bytes = framed.getBytes(StandardCharsets.ISO_8859_1);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        StringBuilder whole = new StringBuilder();
        int at = 0;
        while (true) {
            int line = text.indexOf("\r\n", at);
            int size = Integer.parseInt(text.substring(at, line), 16);
            if (size == 0) {
                return new String(whole.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
            }
            whole.append(text, line + 2, line + 2 + size);
            at = line + 2 + size + 2;
        }
    }

    static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(Exchanges.class.getResourceAsStream(name), name)) {
            boolean framed = name.endsWith(".http");
            byte[] bytes = in.readAllBytes();
            String head = new String(bytes, StandardCharsets.ISO_8859_1);
            return framed && head.toLowerCase(java.util.Locale.ROOT).contains("transfer-encoding: chunked")
                    ? head
                    : new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    /** A connector as {@code pools[].connector} makes it. */
    static Connector connector(Path directory, String yaml) {
        try {
            Path file = Files.writeString(
                    directory.resolve("gateway.yaml"),
                    "pools: [{name: p, models: [m], connector: " + yaml + ", endpoints: [{url: \"http://h:1\"}]}]\n");
            Loaded loaded = new ConfigLoader().load(file, Catalog.onClassPath());
            return loaded.config()
                    .orElseThrow(() -> new AssertionError(loaded.errors()))
                    .pools()
                    .getFirst()
                    .connector()
                    .create(new Context());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static BodyScan scan(Api api, String body) {
        try {
            return new BodyScanner().scan(api, ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)));
        } catch (BadBodyException bad) {
            throw new IllegalArgumentException(bad);
        }
    }

    static Answer answer(String json) {
        return new EngineAnswer(200, JsonValues.of(json));
    }

    static HandoverView view(BodyScan scan, boolean source, Optional<Answer> known) {
        return new HandoverView(
                new HandoverView.Ends(
                        "slc-1", PREFILL, DECODE, source ? Optional.of(SOURCE) : Optional.empty(), known, 42),
                scan);
    }

    /** What an engine gets. */
    static String sent(BodyScan scan, Leg leg) {
        return new String(LegBody.of(scan, Edits.of(scan), leg).toBytes(), StandardCharsets.UTF_8);
    }

    private static final class Context implements PluginContext {
        @Override
        public String name() {
            return "test";
        }

        @Override
        public System.Logger logger() {
            return System.getLogger("test");
        }

        @Override
        public <P extends Part> P reference(String name, Class<P> kind) {
            throw new IllegalArgumentException(name);
        }
    }
}
