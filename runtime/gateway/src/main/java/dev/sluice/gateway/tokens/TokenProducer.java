package dev.sluice.gateway.tokens;

import dev.sluice.gateway.config.Pem;
import dev.sluice.gateway.engine.EngineTarget;
import dev.sluice.spi.Attributes;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Producer;
import dev.sluice.spi.Request;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * llm-d's {@code token-producer}: the gateway asks engines for a prompt's tokens before it is placed, so that all that counts
 * prompt tokens counts exact ones. What is not known in time is estimated, as without it; nothing fails for it.
 */
public final class TokenProducer implements Producer {
    private final Optional<EngineTokens> tokens;
    private final Optional<List<EngineTarget>> elsewhere;

    TokenProducer(TokenProducerConfig config) {
        TokenProducerConfig.Vllm vllm = config.asked();
        tokens = config.exact()
                ? Optional.of(new EngineTokens(new EngineTokens.Limits(vllm.timeout(), vllm.mmTimeout())))
                : Optional.empty();
        elsewhere = vllm.server().map(url -> List.of(target(url, vllm)));
    }

    private static EngineTarget target(URI url, TokenProducerConfig.Vllm vllm) {
        return new EngineTarget(
                "render",
                url,
                url,
                Optional.empty(),
                Set.of(),
                vllm.caCertPath().map(TokenProducer::trust));
    }

    private static SSLContext trust(Path ca) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int number = 0;
            for (X509Certificate certificate : new Pem(Files.readString(ca)).certificates()) {
                store.setCertificateEntry("ca" + number++, certificate);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new ConfigException("caCertPath: " + ca + " can't be used: " + e);
        }
    }

    /** Whether engines are asked at all. */
    public boolean exact() {
        return tokens.isPresent();
    }

    /**
     * Asks for a prompt's tokens; blocks.
     *
     * @param engines of the pool, asked unless another server is configured
     */
    public TokenAnswer of(List<EngineTarget> engines, PromptQuestion asked) {
        return tokens.map(service -> service.of(elsewhere.orElse(engines), asked))
                .orElseGet(() -> TokenAnswer.none(TokenAnswer.How.OFF));
    }

    /** Nothing: tokens belong to the request, which has them already. */
    @Override
    public void produce(Request request, Candidates candidates, Attributes out) {}

    @Override
    public void close() {
        tokens.ifPresent(EngineTokens::close);
    }
}
