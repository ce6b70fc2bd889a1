package dev.sluice.gateway.tokens;

import dev.sluice.gateway.config.NotYet;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Parameters of {@code token-producer}.
 *
 * @param backend an older way to choose; {@code auto}: as the others say
 * @param modelName taken for llm-d's sake; present: tokens are exact
 * @param vllm who is asked for exact tokens; absent as well: they are estimated
 */
public record TokenProducerConfig(
        @Doc("Older way to say who makes the tokens; vllm as vllm: {}.")
        @Default("auto")
        @OneOf({"auto", "estimate", "vllm"})
        String backend,

        @Doc("Makes tokens exact, as vllm: {} does. Has no effect beyond that: a request's own model is asked about.")
        Optional<String> modelName,

        @Doc("Asks vLLM for the exact tokens of each prompt; without it they are estimated.")
        Optional<Vllm> vllm) {
    /** Whether engines are asked. */
    boolean exact() {
        return backend.equals("vllm") || (backend.equals("auto") && (vllm.isPresent() || modelName.isPresent()));
    }

    /** Whom, and how long. */
    Vllm asked() {
        return vllm.orElseGet(() -> new Vllm(
                Optional.empty(),
                Optional.empty(),
                Duration.ofSeconds(5),
                Duration.ofSeconds(30),
                "auto",
                Optional.empty()));
    }

    /**
     * Who is asked, and how long an answer is waited for; then the estimate must do.
     *
     * @param url of one vLLM; absent: the pool's own engines are asked in turn
     * @param http an older name of it
     * @param timeout for text
     * @param mmTimeout for prompts with images, audio or video
     * @param messagesRenderMode taken for llm-d's sake
     * @param caCertPath what an https server's certificate is judged by; absent: what the JDK trusts, or for the pool's own
     *     engines what the pool says
     */
    @NotYet({"endpointDiscovery", "prefillOnly", "clientCertPath", "clientKeyPath", "insecureSkipVerify"})
    public record Vllm(
            @Doc(
                    "A vLLM that is asked, such as http://render:8000; without it the pool's own engines are asked in turn.")
            Optional<String> url,

            @Doc("Older name of url.") Optional<String> http,

            @Doc("How long an answer is waited for.") @Default("5s")
            Duration timeout,

            @Doc("The same for prompts with images, audio or video.") @Default("30s")
            Duration mmTimeout,

            @Doc("Has no effect: /v1/messages/render is asked where it is, and else tokens are estimated.")
            @Default("auto")
            @OneOf({"auto", "native"})
            String messagesRenderMode,

            @Doc("What the certificate of url is judged by.")
            Optional<Path> caCertPath) {
        /**
         * Checks the address and the times.
         *
         * @throws ConfigException when the address is none or a time is not between 1 ms and 5 min
         */
        public Vllm {
            server(url, http);
            checked("timeout", timeout);
            checked("mmTimeout", mmTimeout);
            if (caCertPath.isPresent() && server(url, http).isEmpty()) {
                throw new ConfigException(
                        "caCertPath: is only for url; the pool's own engines are judged by pools[].tls");
            }
        }

        private static void checked(String name, Duration time) {
            if (time.toMillis() < 1 || time.toSeconds() > 300) {
                throw new ConfigException(name + " must be between 1ms and 5m");
            }
        }

        /** The server to ask; empty for the pool's own engines. */
        Optional<URI> server() {
            return server(url, http);
        }

        private static Optional<URI> server(Optional<String> url, Optional<String> older) {
            return url.or(() -> older).map(Vllm::address);
        }

        private static URI address(String text) {
            try {
                URI uri = new URI(text);
                if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                    return uri;
                }
            } catch (URISyntaxException none) {
                // said below
            }
            throw new ConfigException("url '" + text + "' must be http://HOST:PORT or https://HOST:PORT");
        }
    }
}
