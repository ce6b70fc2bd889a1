package dev.sluice.gateway.tokens;

import dev.sluice.spi.Factory;
import dev.sluice.spi.Plugin;
import java.util.List;

/** Types whose work the gateway does itself, because it asks engines and waits for them. */
public final class TokensPlugin implements Plugin {
    @Override
    public String id() {
        return "gateway";
    }

    @Override
    public List<Factory<?>> factories() {
        return List.of(Factory.of(
                "token-producer", TokenProducerConfig.class, (config, context) -> new TokenProducer(config)));
    }
}
