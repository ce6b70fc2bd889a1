package dev.sluice.spi;

record SimpleFactory<C extends Record>(String type, Class<C> config, Creator<? super C> creator) implements Factory<C> {
    @Override
    public Part create(C config, PluginContext context) {
        return creator.create(config, context);
    }
}
