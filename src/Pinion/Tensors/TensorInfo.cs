namespace Pinion;

/// <summary>One input or output of a model, a plan or an engine.</summary>
/// <param name="Name">Its name in the network.</param>
/// <param name="Mode">Whether the caller writes it or the engine.</param>
/// <param name="DataType">The type of its elements.</param>
/// <param name="Shape">Its dimensions, -1 where dynamic.</param>
/// <param name="IsShapeTensor">Whether its values, not only its shape, decide other shapes; it lives on the host.</param>
public sealed record TensorInfo(string Name, TensorMode Mode, TensorDataType DataType, TensorShape Shape, bool IsShapeTensor = false);
