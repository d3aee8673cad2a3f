global using Pinion.Bindings;
global using static Pinion.Bindings.NativeMethods;
