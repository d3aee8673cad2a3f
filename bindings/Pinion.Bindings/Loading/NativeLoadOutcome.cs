namespace Pinion.Bindings;

internal enum NativeLoadOutcome
{
    /// <summary>Loaded, of the right ABI version, and able to run engines here.</summary>
    Usable,

    /// <summary>No such file in any searched folder.</summary>
    NotFound,

    /// <summary>A file exists, but the system loader refuses it.</summary>
    NotLoadable,

    /// <summary>It loads, but it is no Pinion library or one of another ABI version.</summary>
    WrongAbi,

    /// <summary>It fits, but cannot run engines here, for want of a device for example. It may be able to build them.</summary>
    NotUsable,
}
